package jloop;

import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The generators of a loop that have begun and are not over. It knows their threads, not the
/// handles that users hold, so those can be collected.
final class Generators {

    private final EventLoop loop;
    private final Set<GeneratorStrand<?>> begun = new LinkedHashSet<>();
    private boolean isShutDown;

    Generators(EventLoop loop) {
        this.loop = loop;
    }

    void add(GeneratorStrand<?> strand) {
        begun.add(strand);
        if (isShutDown)
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "an asynchronous generator was begun after shutdownAsyncgens: " + loop);
    }

    void remove(GeneratorStrand<?> strand) {
        begun.remove(strand);
    }

    /// Closes them all, at the same time, and waits for that. Called in a coroutine.
    void shutDown() {
        isShutDown = true;
        if (begun.isEmpty()) return;
        List<Task<Void>> tasks = new ArrayList<>();
        for (GeneratorStrand<?> strand : List.copyOf(begun))
            tasks.add(loop.createTask(closing(strand)));
        Asyncio.gatherReturningExceptions(tasks).await();
    }

    /// A coroutine that closes one, and reports its failure.
    VoidCoroutine closing(GeneratorStrand<?> strand) {
        return () -> {
            try {
                strand.close();
            } catch (CancelledError | KeyboardInterrupt | SystemExit e) {
                throw e;
            } catch (Throwable e) {         // all else: nobody awaits it
                loop.callExceptionHandler(ExceptionContext.of(
                        "an error occurred during closing of an asynchronous generator", e)
                        .withSource(strand.handle()));
            }
        };
    }
}

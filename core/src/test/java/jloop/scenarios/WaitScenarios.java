package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Future;
import jloop.ReturnWhen;
import jloop.Task;
import jloop.WaitResult;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/wait`.
final class WaitScenarios {

    private WaitScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static Task<String> sleeping(long seconds, String value) {
        return createTask(() -> sleep(seconds(seconds), value));
    }

    static void allDoneStillSuspends(Trace trace) {
        trace.run(() -> {
            Future<Integer> future = getRunningLoop().createFuture();
            future.setResult(1);
            getRunningLoop().callSoon(() -> trace.out("callback"));
            WaitResult<Future<Integer>> result = Asyncio.wait(List.of(future));
            trace.out(result.done().size(), result.pending().size());
        });
    }

    static void firstCompleted(Trace trace) {
        trace.run(() -> {
            Task<String> slow = sleeping(5, "slow");
            Task<String> fast = sleeping(1, "fast");
            WaitResult<Task<String>> result = Asyncio.wait(List.of(slow, fast),
                    o -> o.withReturnWhen(ReturnWhen.FIRST_COMPLETED));
            trace.out(result.done().equals(Set.of(fast)), result.pending().equals(Set.of(slow)),
                    Trace.now());
            trace.out(slow.await(), Trace.now());
        });
    }

    static void firstException(Trace trace) {
        trace.run(() -> {
            Task<String> cancelled = sleeping(1, "");
            Task<String> failing = createTask(() -> {
                sleep(seconds(3));
                throw new Boom();
            });
            Task<String> slow = sleeping(9, "");
            sleep(Duration.ZERO);
            cancelled.cancel();
            WaitResult<Task<String>> result = Asyncio.wait(List.of(cancelled, failing, slow),
                    o -> o.withReturnWhen(ReturnWhen.FIRST_EXCEPTION));
            trace.out(result.done().equals(Set.of(cancelled, failing)),
                    result.pending().equals(Set.of(slow)), Trace.now());
            trace.out(failing.exception());
            slow.await();
        });
    }

    static void firstExceptionWithoutAny(Trace trace) {
        trace.run(() -> {
            WaitResult<Task<String>> result = Asyncio.wait(
                    List.of(sleeping(1, ""), sleeping(2, "")),
                    o -> o.withReturnWhen(ReturnWhen.FIRST_EXCEPTION));
            trace.out(result.done().size(), result.pending().size(), Trace.now());
        });
    }

    static void timeout(Trace trace) {
        trace.run(() -> {
            Task<String> slow = sleeping(5, "slow");
            Task<String> fast = sleeping(1, "fast");
            WaitResult<Task<String>> result = Asyncio.wait(List.of(slow, fast),
                    o -> o.withTimeout(seconds(3)));
            trace.out(result.done().equals(Set.of(fast)), result.pending().equals(Set.of(slow)),
                    Trace.now());
            trace.out(slow.await(), Trace.now());
        });
    }

    static void callerCancelled(Trace trace) {
        trace.run(() -> {
            Task<String> task = sleeping(5, "value");
            Task<Void> waiter = createTask(() -> {
                try {
                    Asyncio.wait(List.of(task));
                } catch (CancelledError e) {
                    trace.out("cancelled", Trace.now());
                    throw e;
                }
            });
            sleep(seconds(1));
            waiter.cancel();
            trace.out(task.await(), Trace.now(), waiter.cancelled());
        });
    }

    static void nothing(Trace trace) {
        trace.run(() -> {
            try {
                Asyncio.wait(List.of());
            } catch (IllegalArgumentException e) {
                trace.out(e);
            }
        });
    }

    static void moreThanTheTrigger(Trace trace) {
        trace.run(() -> {
            EventLoop loop = getRunningLoop();
            Future<String> one = loop.createFuture();
            Future<String> two = loop.createFuture();
            Future<String> three = loop.createFuture();
            loop.callSoon(() -> {
                one.setResult("");
                two.setResult("");
            });
            WaitResult<Future<String>> result = Asyncio.wait(List.of(one, two, three),
                    o -> o.withReturnWhen(ReturnWhen.FIRST_COMPLETED));
            trace.out(result.done().size(), result.pending().size());
            three.cancel();
        });
    }
}

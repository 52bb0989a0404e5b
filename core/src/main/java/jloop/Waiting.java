package jloop;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One call of [Asyncio#wait].
final class Waiting<F extends Future<?>> {

    /*
     * asyncio: tasks._wait. What ends counts when the loop comes to it, as a done-callback would,
     * so even a wait for what is done suspends once, and `done` may hold more than what ended the
     * wait.
     */

    private final Set<F> futures;
    private final WaitOptions options;
    private final EventLoop loop;
    private final Future<Void> over;
    private int left;

    Waiting(Collection<? extends F> given, WaitOptions options) {
        if (given.isEmpty())
            throw new IllegalArgumentException("wait needs at least one future, found none");
        this.options = options;
        this.loop = Asyncio.loopOf(List.copyOf(given));
        this.futures = new LinkedHashSet<>(loop.anyOrder(List.copyOf(given)));
        this.over = new DependentFuture<>(loop, futures);
        this.left = futures.size();
    }

    WaitResult<F> run() {
        Task.running(loop, "wait");
        TimerHandle alarm = alarm();
        Collection<Watch> watches = futures.stream().map(f -> new Watch(f)).toList();
        for (Watch watch : watches) watch.future.listenOrQueue(watch);
        try {
            over.await();
        } finally {
            if (alarm != null) alarm.cancel();
            for (Watch watch : watches) watch.future.unlisten(watch);
        }
        return split();
    }

    private @Nullable TimerHandle alarm() {
        Duration timeout = options.timeout();
        if (timeout == null) return null;
        return loop.addTimer(loop.later(EventLoop.nanos(timeout)), (CarrierCall) this::release);
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private void release() {
        if (!over.done()) over.finishWith(null);
    }

    private void ended(Future<?> future) {
        left--;
        boolean enough = switch (options.returnWhen()) {
            case FIRST_COMPLETED -> true;
            case FIRST_EXCEPTION -> left == 0 || future.failure() != null;
            case ALL_COMPLETED -> left == 0;
        };
        if (enough) release();
    }

    private WaitResult<F> split() {
        Set<F> done = new LinkedHashSet<>();
        Set<F> pending = new LinkedHashSet<>();
        for (F future : futures) (future.done() ? done : pending).add(future);
        return new WaitResult<>(Collections.unmodifiableSet(done),
                Collections.unmodifiableSet(pending));
    }

    /// What is called when one of the futures is done.
    private final class Watch implements CarrierCall {

        private final Future<?> future;

        Watch(Future<?> future) {
            this.future = future;
        }

        @Override
        public void run() {
            ended(future);
        }
    }
}

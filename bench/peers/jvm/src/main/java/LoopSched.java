import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// `LoopSched sched CASE REPETITIONS nio|epoll|stpe`: callbacks on Netty's event loop, or on
/// the JDK's one-thread ScheduledThreadPoolExecutor.
final class LoopSched {

    private final ScheduledExecutorService loop;

    private LoopSched(ScheduledExecutorService loop) {
        this.loop = loop;
    }

    public static void main(String[] args) throws Exception {
        var sched = new LoopSched(loop(args[3]));
        Sched.run(args, Map.of(
                "spawn", sched::spawn,
                "yield", sched::yields,
                "timers", sched::timers,
                "threadsafe", sched::threadsafe));
        System.exit(0); // the loop's thread is none of the daemons
    }

    private static ScheduledExecutorService loop(String name) {
        if (name.equals("stpe")) {
            var executor = new ScheduledThreadPoolExecutor(1);
            executor.setRemoveOnCancelPolicy(true); // or cancelled timers stay until they are due
            return executor;
        }
        return new MultiThreadIoEventLoopGroup(1, NettyTransport.of(name).handler()).next();
    }

    /// A task is a callback that puts off its second half.
    private void spawn() throws InterruptedException {
        var sum = new long[1];
        var left = new CountDownLatch(Sched.SPAWNS);
        loop.execute(() -> {
            for (int i = 0; i < Sched.SPAWNS; i++) {
                int number = i;
                loop.execute(() -> loop.execute(() -> {
                    sum[0] += number;
                    left.countDown();
                }));
            }
        });
        left.await();
        Sched.check(sum[0], Sched.sumBelow(Sched.SPAWNS));
    }

    private static final class Yielder implements Runnable {
        private final Executor loop;
        private final CountDownLatch done;
        private int left = Sched.YIELDS_EACH;

        Yielder(Executor loop, CountDownLatch done) {
            this.loop = loop;
            this.done = done;
        }

        @Override
        public void run() {
            if (left-- > 0) loop.execute(this);
            else done.countDown();
        }
    }

    private void yields() throws InterruptedException {
        var done = new CountDownLatch(Sched.YIELDERS);
        loop.execute(() -> {
            for (int i = 0; i < Sched.YIELDERS; i++) new Yielder(loop, done).run();
        });
        done.await();
    }

    /// The odd half is cancelled before the loop's thread can run any.
    private void timers() throws InterruptedException {
        var random = new Random(1);
        var timers = new ScheduledFuture<?>[Sched.TIMERS];
        var left = new CountDownLatch(Sched.TIMERS / 2);
        loop.execute(() -> {
            for (int i = 0; i < timers.length; i++) {
                int micros = random.nextInt(1_000_000);
                timers[i] = loop.schedule(left::countDown, micros, TimeUnit.MICROSECONDS);
            }
            for (int i = 1; i < timers.length; i += 2) timers[i].cancel(false);
        });
        left.await();
    }

    private void threadsafe() throws InterruptedException {
        var left = new CountDownLatch(Sched.CALLS);
        for (int i = 0; i < Sched.CALLS; i++) loop.execute(left::countDown);
        left.await();
    }
}

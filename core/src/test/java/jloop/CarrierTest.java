package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import jloop.poller.Clock;
import jloop.poller.Operation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Coroutines and callbacks that block in the JDK, and threads that are not the loop's.
class CarrierTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();
    private final List<Object> trace = new ArrayList<>();

    // ---- locks

    /// A lock that a platform thread holds, a coroutine waits for, and a callback wants: taken
    /// on the bare carrier, that would hang for ever.
    @Test
    void lock_wantedByACoroutineAndACallback_doesNotHangTheLoop() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        Thread owner = Thread.ofPlatform().name("owner").start(() -> {
            lock.lock();
            try {
                held.countDown();
                awaitLatch(released);
            } finally {
                lock.unlock();
            }
        });
        held.await();

        fightFor(released, () -> {
            lock.lock();
            lock.unlock();
        });

        owner.join();
        assertThat(trace).containsExactlyInAnyOrder("coroutine", "callback");
    }

    @Test
    void monitor_wantedByACoroutineAndACallback_doesNotHangTheLoop() throws Exception {
        Object monitor = new Object();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        Thread owner = Thread.ofPlatform().name("owner").start(() -> {
            synchronized (monitor) {
                held.countDown();
                awaitLatch(released);
            }
        });
        held.await();

        fightFor(released, () -> {
            synchronized (monitor) {
                Thread.onSpinWait();
            }
        });

        owner.join();
        assertThat(trace).containsExactlyInAnyOrder("coroutine", "callback");
    }

    private void fightFor(CountDownLatch released, Runnable takeAndGive) {
        loop.runUntilComplete(() -> {
            Future<Void> called = loop.createFuture();
            Task<Void> coroutine = createTask(() -> {
                takeAndGive.run();
                currentTask();          // at level HANDOFF: one at a time again
                trace.add("coroutine");
            });
            sleep(Duration.ofMillis(5));
            loop.callSoon(() -> {
                takeAndGive.run();
                getRunningLoop();
                trace.add("callback");
                called.setResult(null);
            });
            sleep(Duration.ofMillis(5));
            assertThat(trace).isEmpty();
            released.countDown();
            coroutine.await();
            called.await();
        });
    }

    // ---- blocking calls are cooperative

    @Test
    void callback_thatBlocks_doesNotStopTheLoop() {
        CountDownLatch released = new CountDownLatch(1);
        loop.callSoon(() -> {
            awaitLatch(released);
            getRunningLoop();
            trace.add("blocked callback goes on");
            loop.stop();
        });
        loop.callSoon(() -> trace.add("next callback"));
        loop.callLater(Duration.ofMillis(5), () -> {
            trace.add("timer");
            released.countDown();
        });

        loop.runForever();

        assertThat(trace).containsExactly("next callback", "timer", "blocked callback goes on");
    }

    @Test
    void callbacks_thatBlockOneAfterTheOther_allGoOn() {
        CountDownLatch released = new CountDownLatch(1);
        AtomicInteger over = new AtomicInteger();
        for (int i = 0; i < 10; i++) {
            loop.callSoon(() -> {
                awaitLatch(released);
                if (over.incrementAndGet() == 10) loop.callSoonThreadsafe(loop::stop);
            });
        }
        loop.callSoon(released::countDown);

        loop.runForever();

        assertThat(over).hasValue(10);
    }

    @Test
    void coroutines_thatSleepInTheJdk_doSoAtTheSameTime() {
        loop.runUntilComplete(() -> {
            long start = loop.time();
            List<Task<Void>> sleepers = new ArrayList<>();
            AtomicInteger asleep = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            for (int i = 0; i < 20; i++) sleepers.add(createTask(() -> {
                int now = asleep.incrementAndGet();
                most.accumulateAndGet(now, Math::max);
                jdkSleep(50);
                asleep.decrementAndGet();
            }));
            for (Task<Void> sleeper : sleepers) sleeper.await();
            assertThat((loop.time() - start) / 1_000_000).isGreaterThanOrEqualTo(50);
            assertThat(most).hasValueGreaterThan(1);    // how many, a busy machine decides
        });
    }

    /// At the levels with access to the JDK its timed parks are timers of the loop.
    /// (Thread.sleep looks at the machine's clock too, and parks again.)
    @Test
    void timedPark_onALoopOfVirtualTime_takesNoTime() {
        if (loop.level() == Level.HANDOFF) return;
        EventLoop virtual = check.newLoop();

        virtual.runUntilComplete(() -> {
            LockSupport.parkNanos(HOUR.toNanos());
        });

        assertThat(virtual.time()).isEqualTo(HOUR.toNanos());
    }

    @Test
    void wakeUps_byForeignThreads_reachTheCoroutine() {
        ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(1);
        Thread producer = Thread.ofPlatform().name("producer").start(() -> {
            for (int i = 0; i < 500; i++) put(queue, i);
        });

        int sum = loop.runUntilComplete(() -> {
            int total = 0;
            for (int i = 0; i < 500; i++) {
                total += queue.take();
                assertThat(getRunningLoop()).isSameAs(loop);
            }
            return total;
        });

        while (producer.isAlive()) Thread.onSpinWait();
        assertThat(sum).isEqualTo(499 * 500 / 2);
    }

    @Test
    void waitAndNotify_betweenACoroutineAndAThread_work() {
        Object monitor = new Object();
        boolean[] set = new boolean[1];
        Thread notifier = Thread.ofPlatform().name("notifier").unstarted(() -> {
            synchronized (monitor) {
                set[0] = true;
                monitor.notifyAll();
            }
        });

        loop.runUntilComplete(() -> {
            synchronized (monitor) {
                notifier.start();
                while (!set[0]) monitor.wait();
            }
            trace.add("notified");
        });

        assertThat(trace).containsExactly("notified");
    }

    @Test
    void coroutines_thatShareALockOfTheJdk_takeTurns() {
        ReentrantLock lock = new ReentrantLock();
        int[] inside = new int[1];

        loop.runUntilComplete(() -> {
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                tasks.add(createTask(() -> {
                    for (int round = 0; round < 5; round++) {
                        lock.lock();
                        try {
                            if (++inside[0] != 1) trace.add("two inside");
                            sleep(Duration.ZERO);
                            inside[0]--;
                        } finally {
                            lock.unlock();
                        }
                    }
                }));
            }
            for (Task<Void> task : tasks) task.await();
        });

        assertThat(trace).isEmpty();
    }

    @Test
    void childThreads_madeInACoroutine_runAndCanBeJoined() {
        loop.runUntilComplete(() -> {
            List<Thread> children = new ArrayList<>();
            AtomicInteger ran = new AtomicInteger();
            for (int i = 0; i < 10; i++) {
                children.add(Thread.ofVirtual().name("child").start(() -> {
                    LockSupport.parkNanos(1_000_000);
                    ran.incrementAndGet();
                }));
            }
            for (Thread child : children) child.join();
            trace.add(ran.get());
            assertThat(getRunningLoop()).isSameAs(loop);
            sleep(Duration.ofMillis(1));
        });

        assertThat(trace).containsExactly(10);
    }

    @Test
    void childThread_ofACoroutine_isNoTask() throws Exception {
        loop.runUntilComplete(() -> {
            FutureTask<Throwable> child = new FutureTask<>(() -> {
                try {
                    sleep(Duration.ZERO);
                    return null;
                } catch (IllegalStateException e) {
                    return e;
                }
            });
            Thread.ofVirtual().name("child").start(child);
            assertThat(child.get()).isInstanceOf(IllegalStateException.class);
        });
    }

    // ---- spurious wake-ups and interrupts

    @Test
    void unpark_ofAWaitingCoroutineByAnybody_doesNotWakeIt() {
        Future<Integer> future = loop.createFuture();
        loop.runUntilComplete(() -> {
            Thread[] thread = new Thread[1];
            Task<Integer> task = createTask(() -> {
                thread[0] = Thread.currentThread();
                return future.await();
            });
            sleep(Duration.ZERO);
            for (int i = 0; i < 20; i++) {
                LockSupport.unpark(thread[0]);
                sleep(Duration.ZERO);
                assertThat(task.done()).isFalse();
            }
            Thread foreign = Thread.ofPlatform().name("foreign").start(() -> {
                for (int i = 0; i < 100; i++) LockSupport.unpark(thread[0]);
            });
            foreign.join();
            sleep(Duration.ofMillis(1));
            assertThat(task.done()).isFalse();
            future.setResult(5);
            assertThat(task.await()).isEqualTo(5);
        });
    }

    @Test
    void interrupt_fromOutside_cancelsATaskThatWaits() {
        Future<Integer> future = loop.createFuture();
        Thread[] thread = new Thread[1];
        Task<Integer> task = loop.createTask(() -> {
            thread[0] = Thread.currentThread();
            return future.await();
        });
        loop.callLater(Duration.ofMillis(1), () -> Thread.ofPlatform().name("outside")
                .start(() -> thread[0].interrupt()));
        TimerHandle tooLate = loop.callLater(PATIENCE, () -> future.setResult(0));

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        tooLate.cancel();
        assertThat(task.cancelling()).isEqualTo(1);
        assertThat(future.cancelled()).isTrue();
    }

    @Test
    void cancel_ofATaskThatBlocksInTheJdk_interruptsItAndEndsItCancelled() {
        Task<Void> task = loop.createTask(() -> {
            try {
                jdkSleep(HOUR.toMillis());
            } catch (InterruptedException e) {
                trace.add("interrupted");
                throw e;
            }
        });
        loop.callLater(Duration.ofMillis(5), () -> task.cancel("why"));

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class)
                .hasMessage("why").hasCauseInstanceOf(InterruptedException.class);
        assertThat(task.cancelled()).isTrue();
        assertThat(trace).containsExactly("interrupted");
    }

    @Test
    void cancel_swallowedAsAnInterrupt_isThrownAtTheNextWait() {
        Task<Void> task = loop.createTask(() -> {
            try {
                jdkSleep(HOUR.toMillis());
            } catch (InterruptedException e) {
                trace.add("swallowed");
            }
            try {
                sleep(HOUR);
            } finally {
                trace.add(Thread.currentThread().isInterrupted());
            }
        });
        loop.callLater(Duration.ofMillis(5), () -> task.cancel());

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("swallowed", false);
    }

    @Test
    void timeout_aroundABlockingCall_expires() {
        loop.runUntilComplete(() -> {
            assertThatThrownBy(() -> timeout(Duration.ofMillis(5), () ->
                    jdkSleep(HOUR.toMillis()))).isInstanceOf(TimeoutException.class);
            assertThat(currentTask().cancelling()).isZero();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            sleep(Duration.ofMillis(1));
            jdkSleep(1);
            trace.add("went on");
        });

        assertThat(trace).containsExactly("went on");
    }

    @Test
    void cancel_ofATaskThatIsReady_leavesNoInterruptBehind() {
        Task<Void> task = loop.createTask(() -> {
            try {
                sleep(HOUR);
            } catch (CancelledError e) {
                trace.add(Thread.currentThread().isInterrupted());
                jdkSleep(1);
                trace.add("slept");
            }
        });
        loop.callLater(Duration.ofMillis(1), () -> task.cancel());

        loop.runUntilComplete(task);

        assertThat(trace).containsExactly(false, "slept");
    }

    @Test
    void interruptedException_ofTheCodeItself_isNoCancellation() {
        InterruptedException own = new InterruptedException("own");
        Task<Void> task = loop.createTask(() -> {
            throw own;
        });

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isSameAs(own);
        assertThat(task.cancelled()).isFalse();
    }

    @Test
    void timedWait_onACompletableFuture_endsInTime() {
        CompletableFuture<Integer> never = new CompletableFuture<>();
        loop.runUntilComplete(() -> {
            assertThatThrownBy(() -> never.get(5, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            trace.add("timed out");
        });

        assertThat(trace).containsExactly("timed out");
    }

    // ---- after the loop

    /// A loop that is closed strands nobody: what blocked in the JDK goes on, and its next call
    /// of the loop tells it.
    @Test
    void coroutine_thatBlocksWhileTheLoopIsClosed_isToldAtItsNextCall() throws Exception {
        check.expectLeftovers();
        CountDownLatch released = new CountDownLatch(1);
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        loop.createTask(() -> {
            released.await();
            tellNextCall(told);
        });
        runOneTurn();
        runOneTurn();
        loop.close();
        check.takeReports();

        released.countDown();

        assertThat(told.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void coroutine_thatSleepsInTheJdkWhileTheLoopIsClosed_isToldAtItsNextCall() throws Exception {
        check.expectLeftovers();
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        loop.createTask(() -> {
            jdkSleep(50);
            tellNextCall(told);
        });
        runOneTurn();
        loop.close();
        check.takeReports();

        assertThat(told.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isInstanceOf(IllegalStateException.class);
    }

    private static void tellNextCall(CompletableFuture<Throwable> told) {
        try {
            sleep(HOUR);
            told.complete(new AssertionError("slept"));
        } catch (Throwable e) {
            told.complete(e);
        }
    }

    @Test
    void loops_manyOneAfterTheOther_leaveNoThreads() {
        for (int i = 0; i < 50; i++) {
            Asyncio.run(() -> {
                createTask(() -> jdkSleep(1)).await();
            });
        }
    }

    /// The JDK starts its own poller threads when a virtual thread first waits for a socket.
    /// Born in a coroutine, they would die with the loop.
    @Test
    void socketsOfTheJdk_firstUsedInACoroutine_workAfterTheLoopHasEnded() throws Exception {
        assertThat(FreshJvm.run(FirstSocket.class).lines())
                .containsExactly("in a coroutine: 7", "after the loop: 9");
    }

    static final class FirstSocket {

        public static void main(String[] arguments) throws Exception {
            try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
                Asyncio.run(() -> {
                    CountDownLatch reading = new CountDownLatch(1);
                    Task<Integer> reader = createTask(() -> readOne(server, reading));
                    reading.await();
                    answer(server, 7);
                    System.out.println("in a coroutine: " + reader.await());
                });
                FutureTask<Integer> after = new FutureTask<>(
                        () -> readOne(server, new CountDownLatch(1)));
                Thread.ofVirtual().start(after);
                answer(server, 9);
                System.out.println("after the loop: " + after.get(30, TimeUnit.SECONDS));
            }
        }

        private static int readOne(ServerSocket server, CountDownLatch reading)
                throws IOException {
            try (Socket socket = new Socket(server.getInetAddress(), server.getLocalPort())) {
                reading.countDown();
                return socket.getInputStream().read();
            }
        }

        private static void answer(ServerSocket server, int value) throws Exception {
            try (Socket socket = server.accept()) {
                LockSupport.parkNanos(50_000_000);      // until the other side waits
                socket.getOutputStream().write(value);
            }
        }
    }

    // ---- Within a call of the loop

    /// As where a class is loaded that another thread loads at the time.
    private static final class Blocking extends SpyPoller {

        Blocking() {
            super(Rig.Kind.EPOLL.poller());
        }

        @Override
        public boolean submit(Operation operation) {
            boolean done = super.submit(operation);
            if (operation.kind.reads && !done) LockSupport.parkNanos(20_000_000);
            return done;
        }
    }

    @Test
    void callOfTheLoop_thatBlocksOnItsWay_goesOn() {
        Rig.run(new Blocking(), rig -> {
            try (Rig.Ends ends = rig.connect()) {
                for (int i = 0; i < 5; i++) {
                    Task<byte[]> one = createTask(() -> rig.loop.sockRecv(ends.server(), 10));
                    Task<byte[]> other = createTask(() -> rig.loop.sockRecv(ends.client(), 10));
                    if (i % 2 == 0) sleep(Duration.ofMillis(i * 10));
                    rig.loop.sockSendall(ends.client(), Rig.bytes("one"));
                    rig.loop.sockSendall(ends.server(), Rig.bytes("other"));
                    assertThat(Rig.text(one.await())).isEqualTo("one");
                    assertThat(Rig.text(other.await())).isEqualTo("other");
                }
            }
        });
    }

    /// As by the turner, where a strand is held up on its way: it has to get the baton back
    /// before it takes what has come.
    @Test
    void operation_thatEndsWhileItIsSubmitted_isWaitedFor() {
        int[] ended = {0};
        SpyPoller poller = new SpyPoller(Rig.Kind.EPOLL.poller()) {
            @Override
            public boolean submit(Operation operation) {
                if (super.submit(operation) || !operation.kind.reads) return true;
                assertThat(++ended[0]).isLessThan(1000);
                assertThat(cancel(operation)).isTrue();
                operation.completed();
                return false;
            }
        };
        Rig.run(poller, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                ended[0] = 0;
                Task<byte[]> received = createTask(() -> rig.loop.sockRecv(ends.server(), 10));
                rig.turns(3);
                rig.loop.sockSendall(ends.client(), Rig.bytes("one"));
                assertThat(Rig.text(received.await())).isEqualTo("one");
                assertThat(ended[0]).isBetween(1, 100);
            }
        });
    }

    /// The loop is closed while a coroutine is on its way into a wait that nobody will end.
    @Test
    void callOfTheLoop_thatBlocksOnItsWayWhileTheLoopIsClosed_doesNotSpin() throws Exception {
        check.expectLeftovers();
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch wentOn = new CountDownLatch(1);
        SpyPoller poller = new SpyPoller(Rig.Kind.EPOLL.poller()) {
            @Override
            public boolean submit(Operation operation) {
                awaitLatch(released);
                wentOn.countDown();
                return false;                   // it is not over yet
            }
        };
        EventLoop closed = check.watch(new EventLoop(poller, Clock.SYSTEM));
        jloop.Socket socket = jloop.Socket.openDatagram(closed, StandardProtocolFamily.INET);
        socket.bind(Rig.loopback(0));
        closed.createTask(() -> closed.sockRecv(socket, 10));
        closed.callLater(Duration.ofMillis(20), closed::stop);
        closed.runForever();
        closed.close();
        check.takeReports();

        released.countDown();
        wentOn.await();

        Rig.run(Rig::checkIdle);
    }

    private void runOneTurn() {
        loop.stop();
        loop.runForever();
    }

    private static void jdkSleep(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void put(ArrayBlockingQueue<Integer> queue, int value) {
        try {
            queue.put(value);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ThreadSafeHandleTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    // Reading it takes no lock: a call that waited for one would give way to the next call.
    private final List<Object> trace = new CopyOnWriteArrayList<>();
    private final AtomicBoolean goesOn = new AtomicBoolean();

    @Test
    void call_isMadeOnce() {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(() -> trace.add("call"));
        assertThat(handle.cancelled()).isFalse();
        runOneTurn();
        runOneTurn();
        assertThat(trace).containsExactly("call");
        assertThat(handle.cancelled()).isFalse();
        assertThat(handle).hasToString("<ThreadSafeHandle done>");
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_handle_cancel_other_thread")
    void cancel_fromAnotherThreadBeforeTheStart_callsItOff() throws Exception {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(() -> trace.add("call"));
        Thread.ofPlatform().start(handle::cancel).join();
        runOneTurn();
        assertThat(trace).isEmpty();
        assertThat(handle.cancelled()).isTrue();
        assertThat(handle).hasToString("<ThreadSafeHandle cancelled>");
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_handle_block_cancellation")
    void cancel_whileRunning_waitsForTheEnd() throws Exception {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(this::spin);
        Thread other = whileRunning(() -> {
            handle.cancel();
            trace.add("cancel returns");
            trace.add(handle.cancelled());
        });
        other.join();
        assertThat(trace).containsExactly("begins", "ends", "cancel returns", true);
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_handle_block_check_cancelled")
    void cancelled_whileRunning_waitsForTheEnd() throws Exception {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(this::spin);
        Thread other = whileRunning(() -> trace.add(handle.cancelled()));
        other.join();
        assertThat(trace).containsExactly("begins", "ends", false);
        assertThat(handle.cancelled()).isFalse();
    }

    @Test
    @AsIn("test_events.test_call_soon_threadsafe_handle_cancel_same_thread")
    void cancel_byTheCallItself_doesNotWait() {
        ThreadSafeHandle[] own = new ThreadSafeHandle[1];
        own[0] = loop.callSoonThreadsafe(() -> {
            trace.add(own[0].cancelled());
            own[0].cancel();
            own[0].cancel();
            trace.add(own[0].cancelled());
            trace.add("runs on");
        });
        runOneTurn();
        assertThat(trace).containsExactly(false, true, "runs on");
        assertThat(own[0].cancelled()).isTrue();
    }

    @Test
    void cancel_whileRunning_keepsAnInterruptForItsCaller() throws Exception {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(this::spin);
        Thread other = whileRunning(() -> {
            Thread.currentThread().interrupt();
            handle.cancel();
            trace.add(Thread.currentThread().isInterrupted());
        });
        other.join();
        assertThat(trace).containsExactly("begins", "ends", true);
    }

    @Test
    void cancel_whenTheCallHasFailed_returnsToo() throws Exception {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(() -> {
            spin();
            throw new IllegalArgumentException("no");
        });
        Thread other = whileRunning(handle::cancel);
        other.join();
        assertThat(handle.cancelled()).isTrue();
        assertThat(check.takeReport().exception()).hasMessage("no");
    }

    @Test
    void cancel_whenOver_marksItAsAnyHandle() {
        ThreadSafeHandle handle = loop.callSoonThreadsafe(() -> { });
        runOneTurn();
        handle.cancel();
        assertThat(handle.cancelled()).isTrue();
    }

    @Test
    void cancel_byATaskWhileTheCallBlocks_letsTheLoopRun() {
        EventLoop real = check.newRealLoop();
        CountDownLatch latch = new CountDownLatch(1);
        real.runUntilComplete(() -> {
            ThreadSafeHandle handle = real.callSoonThreadsafe(() -> await(latch));
            Asyncio.sleep(java.time.Duration.ZERO);
            real.callSoon(() -> {
                trace.add("released");
                latch.countDown();
            });
            handle.cancel();
            trace.add("cancelled");
        });
        assertThat(trace).containsExactly("released", "cancelled");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void cancel_racingWithTheStart_isEitherWhollyBeforeOrAfter() throws Exception {
        for (int i = 0; i < 200; i++) {
            AtomicBoolean called = new AtomicBoolean();
            AtomicBoolean cancelReturned = new AtomicBoolean();
            AtomicBoolean late = new AtomicBoolean();
            ThreadSafeHandle handle = loop.callSoonThreadsafe(() -> {
                called.set(true);
                Thread.onSpinWait();
                if (cancelReturned.get()) late.set(true);
            });
            Thread other = Thread.ofPlatform().start(() -> {
                handle.cancel();
                cancelReturned.set(true);
            });
            runOneTurn();
            other.join();
            assertThat(handle.cancelled()).isTrue();
            assertThat(late.get()).as("ran after cancel had returned").isFalse();
        }
    }

    /// A call that takes as long as the test wants, without blocking.
    private void spin() {
        trace.add("begins");
        while (!goesOn.get()) Thread.onSpinWait();
        trace.add("ends");
    }

    /// Makes the turn in which [#spin] runs; starts `body` in it, and lets the call go on when
    /// that waits.
    private Thread whileRunning(Runnable body) throws InterruptedException {
        Thread other = Thread.ofPlatform().unstarted(body);
        Thread releaser = Thread.ofPlatform().start(() -> {
            while (!trace.contains("begins")) Thread.onSpinWait();
            other.start();
            while (other.getState() != Thread.State.WAITING) Thread.onSpinWait();
            goesOn.set(true);
        });
        runOneTurn();
        releaser.join();
        return other;
    }

    private void runOneTurn() {
        loop.callSoon(loop::stop);
        loop.runForever();
    }
}

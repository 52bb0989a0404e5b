package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import jloop.poller.Clock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class QueueTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    private void run(VoidCoroutine main) {
        loop.runUntilComplete(main);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private Task<Void> getter(Queue<?> queue) {
        return createTask(() -> {
            trace.add(queue.get());
        });
    }

    private <T> Task<Void> putter(Queue<T> queue, T item) {
        return createTask(() -> {
            queue.put(item);
            trace.add("put " + item);
        });
    }

    // ---- outside of a loop

    @Test
    @AsIn({"test_queues.test_empty", "test_queues.test_full", "test_queues.test_maxsize"})
    void size_ofQueues_isThatOfItsItems() {
        Queue<Integer> bounded = new Queue<>(2);
        assertThat(bounded.empty()).isTrue();
        assertThat(bounded.full()).isFalse();
        assertThat(bounded.maxsize()).isEqualTo(2);
        bounded.putNowait(1);
        assertThat(bounded.empty()).isFalse();
        assertThat(bounded.full()).isFalse();
        bounded.putNowait(2);
        assertThat(bounded.full()).isTrue();
        assertThat(bounded.qsize()).isEqualTo(2);

        for (Queue<Integer> unbounded : List.of(new Queue<Integer>(), new Queue<Integer>(-1))) {
            for (int i = 0; i < 1000; i++) unbounded.putNowait(i);
            assertThat(unbounded.full()).isFalse();
        }
    }

    @Test
    @AsIn({"test_queues.test_order", "test_queues.test_nonblocking_put",
            "test_queues.test_nonblocking_get", "test_queues.test_nonblocking_put_exception",
            "test_queues.test_nonblocking_get_exception"})
    void nowait_firstInFirstOut_elseThrows() {
        Queue<Integer> queue = new Queue<>(3);
        for (int i : new int[] {1, 3, 2}) queue.putNowait(i);
        assertThatThrownBy(() -> queue.putNowait(4)).isInstanceOf(QueueFullException.class);
        assertThat(List.of(queue.getNowait(), queue.getNowait(), queue.getNowait()))
                .containsExactly(1, 3, 2);
        assertThatThrownBy(queue::getNowait).isInstanceOf(QueueEmptyException.class);
    }

    @Test
    void put_null_isAnItem() {
        Queue<@Nullable String> queue = new Queue<>();
        queue.putNowait(null);
        queue.putNowait("a");
        assertThat(queue.qsize()).isEqualTo(2);
        assertThat(queue.getNowait()).isNull();
        assertThat(queue.getNowait()).isEqualTo("a");
    }

    @Test
    void items_manyInAndOut_keepTheirOrder() {
        Queue<Integer> queue = new Queue<>();
        int in = 0;
        int out = 0;
        for (int round = 1; round < 60; round++) {
            for (int i = 0; i < round; i++) queue.putNowait(in++);
            for (int i = 0; i < round - 1; i++) assertThat(queue.getNowait()).isEqualTo(out++);
        }
        while (!queue.empty()) assertThat(queue.getNowait()).isEqualTo(out++);
        assertThat(out).isEqualTo(in);
    }

    @Test
    void putAndGet_outsideOfATask_areRefused() {
        Queue<Integer> queue = new Queue<>();
        assertThatIllegalStateException().isThrownBy(() -> queue.put(1))
                .withMessageContaining("only a coroutine");
        assertThatIllegalStateException().isThrownBy(queue::get);
        assertThatIllegalStateException().isThrownBy(queue::join);
        assertThat(queue.empty()).isTrue();
    }

    // ---- waiting

    @Test
    @AsIn({"test_queues.test_blocking_get", "test_queues.test_blocking_put"})
    void putAndGet_thatNeedNotWait_letNobodyElseRun() {
        run(() -> {
            loop.callSoon(() -> trace.add("other"));
            Queue<Integer> queue = new Queue<>(1);
            queue.put(1);
            trace.add(queue.get());
            turn();
        });

        assertThat(trace).containsExactly(1, "other");
    }

    @Test
    @AsIn("test_queues.test_blocking_get_wait")
    void get_ofAnEmptyQueue_waitsForAPut() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            loop.callLater(SECOND, () -> queue.putNowait(1));
            assertThat(queue.get()).isEqualTo(1);
        });
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    @AsIn("test_queues.test_blocking_put_wait")
    void put_intoAFullQueue_waitsForAGet() {
        run(() -> {
            Queue<Integer> queue = new Queue<>(1);
            queue.put(1);
            loop.callLater(SECOND, queue::getNowait);
            queue.put(2);
            assertThat(queue.getNowait()).isEqualTo(2);
        });
        assertThat(loop.time()).isEqualTo(SECOND.toNanos());
    }

    @Test
    @AsIn("test_queues.test_get_with_putters")
    void waiters_woken_areFirstComeFirstServed() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            var puts = gather(List.of(putter(queue, "a"), putter(queue, "b"), putter(queue, "c")));
            turn();
            trace.add(queue.get());
            trace.add(queue.get());
            trace.add(queue.get());
            puts.await();
            var gets = gather(List.of(getter(queue), getter(queue)));
            turn();
            queue.putNowait("d");
            turn();
            queue.putNowait("e");
            gets.await();
        });
        assertThat(trace)
                .containsExactly("put a", "a", "put b", "b", "put c", "c", "d", "e");
    }

    @Test
    @AsIn("test_queues.test_put_with_waiting_getters")
    void putNowait_aGetterWaits_handsItTheItem() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            Task<Void> waits = getter(queue);
            turn();
            queue.putNowait("a");
            waits.await();
        });
        assertThat(trace).containsExactly("a");
    }

    @Test
    @AsIn("test_queues.test_get_with_waiting_putters")
    void get_twoPuttersWaitForOnePlace_getsAllInOrder() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            Task<Void> a = putter(queue, "a");
            Task<Void> b = putter(queue, "b");
            turn();
            assertThat(queue.get()).isEqualTo("a");
            assertThat(queue.get()).isEqualTo("b");
            a.await();
            b.await();
        });
    }

    /// docs/design/0016: 38.17.
    @Test
    void get_byWhoNeedNotWait_isFasterThanTheOneThatWasWoken() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            Task<Void> waits = getter(queue);
            turn();
            queue.putNowait("a");
            assertThat(queue.getNowait()).isEqualTo("a");
            turn();
            turn();
            assertThat(waits.done()).isFalse();
            assertThat(queue).hasToString("<Queue maxsize=1 _getters[1] tasks=1>");
            queue.putNowait("b");
            waits.await();
        });
        assertThat(trace).containsExactly("b");
    }

    @Test
    @AsIn("test_queues.test_why_are_getters_waiting")
    void get_severalGettersAndABurstOfPuts_nobodyIsForgotten() {
        run(() -> {
            Queue<Integer> queue = new Queue<>(2);
            List<Task<Void>> getters = new ArrayList<>();
            for (int i = 0; i < 4; i++) getters.add(getter(queue));
            turn();
            for (int i = 0; i < 4; i++) queue.put(i);
            gather(getters).await();
        });
        assertThat(trace).containsExactly(0, 1, 2, 3);
    }

    @Test
    @AsIn("test_queues.test_why_are_putters_waiting")
    void put_severalPuttersAndABurstOfGets_nobodyIsForgotten() {
        run(() -> {
            Queue<Integer> queue = new Queue<>(2);
            List<Task<Void>> putters = new ArrayList<>();
            for (int i = 0; i < 4; i++) putters.add(putter(queue, i));
            turn();
            for (int i = 0; i < 4; i++) assertThat(queue.get()).isEqualTo(i);
            gather(putters).await();
        });
    }

    // ---- cancellation

    @Test
    @AsIn({"test_queues.test_get_cancelled", "test_queues.test_put_cancelled",
            "test_queues.test_cancelled_getters_not_being_held_in_self_getters",
            "test_queues.test_cancelled_puts_not_being_held_in_self_putters"})
    void cancel_ofWaiters_takesThemOutOfTheLine() {
        run(() -> {
            Queue<Integer> queue = new Queue<>(1);
            for (int i = 0; i < 3; i++)
                assertThatThrownBy(() -> timeout(SECOND, queue::get))
                        .isInstanceOf(TimeoutException.class);
            assertThat(queue).hasToString("<Queue maxsize=1>");
            queue.putNowait(1);
            for (int i = 0; i < 3; i++)
                assertThatThrownBy(() -> timeout(SECOND, () -> queue.put(2)))
                        .isInstanceOf(TimeoutException.class);
            assertThat(queue).hasToString("<Queue maxsize=1 _queue=[1] tasks=1>");
            assertThat(queue.getNowait()).isEqualTo(1);
            assertThat(queue.empty()).isTrue();
        });
    }

    @Test
    @AsIn({"test_queues.test_get_cancelled_race",
            "test_queues.test_get_cancel_drop_one_pending_reader"})
    void cancel_ofAGetterThatWasWoken_leavesTheItemToTheNext() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            Task<Void> first = getter(queue);
            Task<Void> second = getter(queue);
            turn();
            queue.putNowait("a");
            first.cancel();
            second.await();
            assertThat(first.cancelled()).isTrue();
        });
        assertThat(trace).containsExactly("a");
    }

    @Test
    @AsIn({"test_queues.test_put_cancelled_race", "test_queues.test_put_cancel_drop",
            "test_queues.test_cancelled_put_silence_value_error_exception"})
    void cancel_ofAPutterThatWasWoken_leavesTheRoomToTheNext() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.putNowait("a");
            Task<Void> first = putter(queue, "b");
            Task<Void> second = putter(queue, "c");
            turn();
            assertThat(queue.getNowait()).isEqualTo("a");
            first.cancel();
            second.await();
            assertThat(first.cancelled()).isTrue();
            assertThat(queue.getNowait()).isEqualTo("c");
            assertThat(queue.empty()).isTrue();
        });
    }

    @Test
    @AsIn("test_queues.test_get_cancel_drop_many_pending_readers")
    void cancel_ofAllGettersButOne_losesNoItem() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            List<Task<Void>> getters = new ArrayList<>();
            for (int i = 0; i < 4; i++) getters.add(getter(queue));
            turn();
            queue.putNowait("a");
            queue.putNowait("b");
            for (int i = 0; i < 3; i++) getters.get(i).cancel();
            getters.get(3).await();
            assertThat(queue.getNowait()).isEqualTo("b");
        });
        assertThat(trace).containsExactly("a");
    }

    @Test
    void cancel_thatCameBeforeAGetThatNeedNotWait_staysForTheNextWait() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            queue.putNowait("a");
            Task<Void> task = createTask(() -> {
                Asyncio.currentTask().cancel();
                trace.add(queue.get());
                queue.get();
            });
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            assertThat(queue).hasToString("<Queue maxsize=0 tasks=1>");
        });
        assertThat(trace).containsExactly("a");
    }

    // ---- taskDone, join

    @Test
    @AsIn("test_queues.test_task_done_underflow")
    void taskDone_moreOftenThanPut_isRefused() {
        Queue<Integer> queue = new Queue<>();
        assertThatIllegalArgumentException().isThrownBy(queue::taskDone);
        queue.putNowait(1);
        queue.taskDone();
        assertThatIllegalArgumentException().isThrownBy(queue::taskDone);
    }

    @Test
    @AsIn("test_queues.test_task_done")
    void join_itemsUnderWork_waitsForTheLast() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            for (int i = 0; i < 10; i++) queue.putNowait(i);
            List<Task<Void>> workers = new ArrayList<>();
            for (int w = 0; w < 2; w++) workers.add(createTask(() -> {
                while (true) {
                    queue.get();
                    sleep(SECOND);
                    trace.add("done");
                    queue.taskDone();
                }
            }));
            queue.join();
            assertThat(trace).hasSize(10);
            for (Task<Void> worker : workers) worker.cancel();
            Asyncio.gatherReturningExceptions(workers).await();
        });
        assertThat(loop.time()).isEqualTo(SECOND.toNanos() * 5);
    }

    @Test
    @AsIn("test_queues.test_join_empty_queue")
    void join_ofAQueueWithoutWork_doesNotWait() {
        run(() -> {
            loop.callSoon(() -> trace.add("other"));
            Queue<Integer> queue = new Queue<>();
            queue.join();
            queue.join();
            assertThat(trace).isEmpty();
            turn();
        });
    }

    @Test
    void join_cancelled_leavesNothing() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            queue.putNowait(1);
            assertThatThrownBy(() -> timeout(SECOND, queue::join))
                    .isInstanceOf(TimeoutException.class);
            Task<Void> joins = createTask(queue::join);
            turn();
            queue.taskDone();
            queue.putNowait(2);             // too late to hold it up again
            joins.await();
        });
    }

    // ---- shutdown

    @Test
    @AsIn("test_queues.test_shutdown_empty")
    void shutdown_ofAnEmptyQueue_wakesItsGetters() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            Task<Integer> gets = createTask(queue::get);
            Task<Integer> getsToo = createTask(queue::get);
            turn();
            queue.shutdown();
            queue.shutdown();
            assertThatThrownBy(gets::await).isInstanceOf(QueueShutDownException.class);
            assertThatThrownBy(getsToo::await).isInstanceOf(QueueShutDownException.class);
            assertThatThrownBy(() -> queue.put(1)).isInstanceOf(QueueShutDownException.class);
            assertThatThrownBy(() -> queue.putNowait(1))
                    .isInstanceOf(QueueShutDownException.class);
            assertThatThrownBy(queue::get).isInstanceOf(QueueShutDownException.class);
            assertThatThrownBy(queue::getNowait).isInstanceOf(QueueShutDownException.class);
            assertThat(queue).hasToString("<Queue maxsize=0 shutdown>");
        });
    }

    @Test
    @AsIn("test_queues.test_shutdown_nonempty")
    void shutdown_ofAFullQueue_wakesItsPuttersAndLeavesItsItems() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            queue.putNowait("a");
            Task<Void> puts = putter(queue, "b");
            Task<Void> joins = createTask(queue::join);
            turn();
            queue.shutdown();
            assertThatThrownBy(puts::await).isInstanceOf(QueueShutDownException.class);
            assertThatThrownBy(() -> queue.putNowait("c"))      // not: full
                    .isInstanceOf(QueueShutDownException.class);
            assertThat(queue.get()).isEqualTo("a");
            assertThatThrownBy(queue::get).isInstanceOf(QueueShutDownException.class);
            turn();
            assertThat(joins.done()).isFalse();
            queue.taskDone();
            joins.await();
        });
    }

    @Test
    @AsIn("test_queues.test_shutdown_immediate")
    void shutdown_immediate_dropsTheItemsAndMayEndJoin() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            queue.putNowait("a");
            queue.putNowait("b");
            Task<Void> joins = createTask(queue::join);
            turn();
            queue.shutdown(true);
            joins.await();
            assertThat(queue.empty()).isTrue();
            assertThatThrownBy(queue::get).isInstanceOf(QueueShutDownException.class);
            assertThatIllegalArgumentException().isThrownBy(queue::taskDone);
        });
    }

    @Test
    @AsIn("test_queues.test_shutdown_immediate_with_unfinished")
    void shutdown_immediate_doesNotCountItemsUnderWorkAsDone() {
        run(() -> {
            Queue<String> queue = new Queue<>();
            for (String item : List.of("a", "b", "c")) queue.putNowait(item);
            queue.get();
            queue.get();
            Task<Void> joins = createTask(queue::join);
            turn();
            queue.shutdown(true);
            assertThat(queue).hasToString("<Queue maxsize=0 tasks=2 shutdown>");
            queue.taskDone();
            turn();
            assertThat(joins.done()).isFalse();
            queue.taskDone();
            joins.await();
        });
    }

    // ---- the loop it belongs to

    @Test
    void queue_afterAWait_belongsToThatLoop() {
        Queue<Integer> queue = new Queue<>();
        EventLoop other = check.newLoop();
        other.runUntilComplete(() -> {
            queue.put(1);
            queue.get();                    // no wait, no bond
        });
        run(() -> {
            loop.callSoon(() -> queue.putNowait(1));
            queue.get();
        });
        other.runUntilComplete(() -> {
            queue.put(2);
            assertThat(queue.get()).isEqualTo(2);
            assertThatIllegalStateException().isThrownBy(queue::get)
                    .withMessageContaining("bound to a different event loop");
            assertThat(queue).hasToString("<Queue maxsize=0 tasks=3>");
        });
    }

    @Test
    void putNowait_inAnotherThread_isRefused() {
        run(() -> {
            Queue<Integer> queue = new Queue<>();
            loop.callSoon(() -> queue.putNowait(1));
            queue.get();
            Throwable[] thrown = {null};
            Thread other = Thread.ofPlatform().start(() -> {
                try {
                    queue.putNowait(2);
                } catch (WrongThreadException e) {
                    thrown[0] = e;
                }
            });
            other.join();
            assertThat(thrown[0]).isNotNull();
            assertThat(queue.empty()).isTrue();
        });
    }

    // ---- text and hooks

    @Test
    @AsIn({"test_queues.test_repr", "test_queues.test_str", "test_queues.test_format"})
    void toString_ofAQueue_isAsInAsyncio() {
        run(() -> {
            Queue<String> queue = new Queue<>(1);
            assertThat(queue).hasToString("<Queue maxsize=1>");
            Task<Void> gets = getter(queue);
            turn();
            assertThat(queue).hasToString("<Queue maxsize=1 _getters[1]>");
            queue.putNowait("a");
            gets.await();
            queue.putNowait("b");
            Task<Void> puts = putter(queue, "c");
            turn();
            assertThat(queue)
                    .hasToString("<Queue maxsize=1 _queue=[b] _putters[1] tasks=2>");
            queue.shutdown();
            assertThat(queue).hasToString("<Queue maxsize=1 _queue=[b] tasks=2 shutdown>");
            assertThatThrownBy(puts::await).isInstanceOf(QueueShutDownException.class);
        });
    }

    private static final class Latest<T> extends Queue<T> {
        @Override
        protected void putItem(T item) {
            items().clear();
            super.putItem(item);
        }
    }

    @Test
    void hooks_overridden_decideWhatIsKept() {
        run(() -> {
            Queue<Integer> latest = new Latest<>();
            latest.put(1);
            latest.put(2);
            assertThat(latest.qsize()).isEqualTo(1);
            assertThat(latest.get()).isEqualTo(2);
            assertThat(latest).hasToString("<Latest maxsize=0 tasks=2>");
        });
    }

    private static final class Picky extends Queue<String> {
        Picky(int maxsize) {
            super(maxsize);
        }

        @Override
        protected void putItem(String item) {
            if (item.isEmpty()) throw new IllegalArgumentException("empty");
            super.putItem(item);
        }
    }

    @Test
    void put_hookThrows_leavesTheRoomToTheNext() {
        run(() -> {
            Queue<String> picky = new Picky(1);
            picky.put("a");
            Task<Void> refused = putter(picky, "");
            Task<Void> next = putter(picky, "b");
            turn();
            picky.getNowait();
            assertThatIllegalArgumentException().isThrownBy(refused::await);
            next.await();
            assertThat(picky).hasToString("<Picky maxsize=1 _queue=[b] tasks=2>");
        });
    }

    // ---- threads

    /// At HANDOFF a coroutine that comes back from the JDK runs beside the others until its
    /// next call of the loop: a queue that nobody has waited for is such a call, too.
    @Test
    void use_byACoroutineThatComesBackFromTheJdk_waitsForItsTurn() {
        EventLoop real = check.newRealLoop();
        Queue<String> queue = new Queue<>();
        CountDownLatch latch = new CountDownLatch(1);
        real.runUntilComplete(() -> {
            Task<Void> blocked = createTask(() -> {
                latch.await();
                queue.putNowait("back");
            });
            sleep(Duration.ofMillis(5));
            latch.countDown();
            long start = Clock.SYSTEM.nanos();
            boolean stayedEmpty = true;
            while (Clock.SYSTEM.nanos() - start < 30_000_000) {
                stayedEmpty &= queue.empty();
                Thread.onSpinWait();
            }
            assertThat(stayedEmpty).isTrue();
            blocked.await();
            assertThat(queue.getNowait()).isEqualTo("back");
        });
    }
}

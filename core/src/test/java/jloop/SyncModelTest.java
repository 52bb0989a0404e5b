package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Random programs of several tasks on each primitive, with cancellations and timeouts thrown
/// in at random instants, against a model: a plain list of who asked and who has it, kept by
/// the tasks themselves around their calls, that knows nothing of futures and wake-ups.
///
/// A failure names its seed; `-Djloop.seed=N` runs that one alone.
class SyncModelTest {

    /*
     * Every step is at a whole millisecond of virtual time or within one, so that things meet:
     * a release and a cancellation in one step, a timeout in the turn of a wake-up. The model is
     * asked after each instant, when the loop has nothing more to do before the next timer.
     */

    private static final int SEEDS = Carrier.level() == Level.HANDOFF ? 1_000 : 2_000;  // slower
    private static final int TASKS = 5;
    private static final int OPERATIONS = 4;
    private static final int INSTANTS = 8;

    @RegisterExtension final LeakCheck check = new LeakCheck();

    /// One random program, and what is true of it whenever the loop is at rest.
    abstract static class Program {

        final EventLoop loop;
        final Random random;
        final List<Task<?>> tasks = new ArrayList<>();

        Program(EventLoop loop, Random random) {
            this.loop = loop;
            this.random = random;
        }

        /// What task `id` does once.
        abstract void operate(int id) throws Exception;

        /// Something that is done to the primitive from outside, in a callback.
        void disturb() { }

        /// Throws if the model and the primitive differ. The loop is at rest.
        abstract void compare();

        /// Gives all that wait what they wait for. True if there was something to do.
        abstract boolean unblock();

        /// Checks what must be left when all tasks are done.
        abstract void compareAtEnd();

        /// Pauses within the instant or to one of the next.
        final void pause() {
            int kind = random.nextInt(4);
            if (kind == 0) return;
            Asyncio.sleep(kind == 1 ? Duration.ZERO : Duration.ofMillis(random.nextInt(3)));
        }

        private void body(int id) {
            for (int i = 0; i < OPERATIONS; i++) {
                try {
                    pause();
                    if (random.nextInt(4) > 0) operate(id);
                    else limited(id);
                } catch (CancelledError e) {
                    if (random.nextInt(3) == 0) throw e;    // else it goes on: an edge is once
                } catch (TimeoutException | BrokenBarrierException e) {
                    // as good an end of an operation as any
                } catch (Exception e) {
                    throw new AssertionError("task " + id, e);
                }
            }
        }

        /// An operation with a limit: an asyncio timeout or a level scope that is cancelled.
        private void limited(int id) throws Exception {
            Duration limit = Duration.ofMillis(random.nextInt(3));
            if (random.nextBoolean()) {
                Asyncio.timeout(limit, () -> operate(id));
                return;
            }
            CancelScope scope = CancelScope.enterLevel(Task.current());
            TimerHandle alarm = loop.addTimer(loop.later(limit.toNanos()),
                    (CarrierCall) () -> scope.cancel(null));
            Throwable thrown = null;
            try {
                operate(id);
            } catch (Throwable e) {
                thrown = e;
            } finally {
                alarm.cancel();
            }
            boolean own = scope.leave(thrown);
            if (thrown != null && !own) throw Outcomes.<Exception>rethrow(thrown);
        }

        final void run() {
            for (int i = 0; i < TASKS; i++) {
                int id = i;
                tasks.add(loop.createTask(() -> body(id)));
            }
            for (int i = 0; i < INSTANTS; i++) {
                for (int j = random.nextInt(4); j > 0; j--) loop.callSoon(this::interfere);
                settle();
                compare();
                loop.runUntilComplete(() -> Asyncio.sleep(Duration.ofMillis(1)));
            }
            for (int i = 0; i < 1_000 && !allDone(); i++) {
                boolean some = unblock();
                settle();
                compare();
                if (!some) loop.runUntilComplete(() -> Asyncio.sleep(Duration.ofMillis(1)));
            }
            assertThat(tasks).as("somebody waits for ever").allMatch(Task::done);
            for (Task<?> task : tasks) {
                if (!task.cancelled()) assertThat(task.exception()).isNull();
            }
            compareAtEnd();
        }

        private boolean allDone() {
            return tasks.stream().allMatch(Task::done);
        }

        private void interfere() {
            if (random.nextInt(3) == 0) disturb();
            else tasks.get(random.nextInt(TASKS)).cancel();
        }

        /// Lets the loop run until only timers are left.
        private void settle() {
            loop.runUntilComplete(() -> {
                for (int idle = 0; idle < 2; idle = loop.ready.size() == 0 ? idle + 1 : 0)
                    Asyncio.sleep(Duration.ZERO);
            });
        }
    }

    private void check(BiFunction<EventLoop, Random, Program> program) {
        Long only = Long.getLong("jloop.seed");
        EventLoop loop = check.newLoop(new VirtualPoller());
        for (long i = 0; i < (only == null ? SEEDS : 1); i++) {
            long seed = only == null ? i : only;
            try {
                program.apply(loop, new Random(seed)).run();
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + " fails: rerun it by -Djloop.seed="
                        + seed, e);
            }
        }
    }

    /// Who asked and has not got it, in order. Somebody younger may only be faster than those
    /// who give up.
    private static final class Line {

        private final List<Integer> order = new ArrayList<>();
        private final List<Integer> overtaken = new ArrayList<>();
        private int tickets;

        int join() {
            order.add(tickets);
            return tickets++;
        }

        void leave(Integer ticket) {
            order.remove(ticket);
        }

        void served(Integer ticket) {
            assertThat(overtaken).as("overtaken, and stayed").doesNotContain(ticket);
            for (Integer other : order) {
                if (other < ticket) overtaken.add(other);
            }
        }

        boolean isEmpty() {
            return order.isEmpty();
        }
    }

    // ---- the primitives

    private static final class LockProgram extends Program {

        private final Lock lock = new Lock();
        private final List<Object> holders = new ArrayList<>();
        private final Line line = new Line();

        LockProgram(EventLoop loop, Random random) {
            super(loop, random);
        }

        @Override
        void operate(int id) {
            Integer ticket = line.join();
            try {
                lock.acquire();
            } finally {
                line.leave(ticket);
            }
            holders.add(id);
            try {
                line.served(ticket);
                assertThat(holders).as("holders").hasSize(1);
                pause();
            } finally {
                holders.remove((Object) id);
                lock.release();
            }
        }

        @Override
        void compare() {
            assertThat(lock.locked()).as("locked").isEqualTo(!holders.isEmpty());
            if (!line.isEmpty()) assertThat(holders).as("nobody has it, yet some wait").hasSize(1);
        }

        @Override
        boolean unblock() {
            return false;
        }

        @Override
        void compareAtEnd() {
            assertThat(lock).hasToString("<Lock [unlocked]>");
        }
    }

    private static final class SemaphoreProgram extends Program {

        private final int total;
        private final Semaphore semaphore;
        private final Line line = new Line();
        private int held;
        private int added;

        SemaphoreProgram(EventLoop loop, Random random) {
            super(loop, random);
            total = 1 + random.nextInt(3);
            semaphore = new Semaphore(total);
        }

        @Override
        void operate(int id) {
            Integer ticket = line.join();
            try {
                semaphore.acquire();
            } finally {
                line.leave(ticket);
            }
            held++;
            try {
                line.served(ticket);
                assertThat(held).as("permits held").isLessThanOrEqualTo(total + added);
                pause();
            } finally {
                held--;
                semaphore.release();
            }
        }

        @Override
        void disturb() {
            if (added == 2) return;
            added++;
            semaphore.release();
        }

        @Override
        void compare() {
            assertThat(semaphore.permits()).as("permits").isEqualTo(total + added - held);
            if (!line.isEmpty()) assertThat(semaphore.permits()).as("free, yet some wait").isZero();
        }

        @Override
        boolean unblock() {
            return false;
        }

        @Override
        void compareAtEnd() {
            assertThat(semaphore.permits()).isEqualTo(total + added);
            assertThat(semaphore.locked()).isFalse();
        }
    }

    private static final class EventProgram extends Program {

        private final Event event = new Event();
        private final Map<Object, Boolean> owed = new HashMap<>();  // by who waits: was it set?
        private boolean set;

        EventProgram(EventLoop loop, Random random) {
            super(loop, random);
        }

        @Override
        void operate(int id) throws Exception {
            if (random.nextInt(3) == 0) {
                change();
                return;
            }
            Object me = new Object();
            owed.put(me, set);
            try {
                event.await();
                assertThat(owed).as("woken without a set").containsEntry(me, true);
            } finally {
                owed.remove(me);
            }
        }

        private void change() {
            int kind = random.nextInt(3);
            if (kind != 1) setAll();
            if (kind != 0) clear();
        }

        private void setAll() {
            set = true;
            event.set();
            owed.replaceAll((_, _) -> true);
        }

        private void clear() {
            set = false;
            event.clear();
        }

        @Override
        void disturb() {
            change();
        }

        @Override
        void compare() {
            assertThat(event.isSet()).isEqualTo(set);
            assertThat(owed.values()).as("waits though it was set").doesNotContain(true);
        }

        @Override
        boolean unblock() {
            setAll();
            return false;
        }

        @Override
        void compareAtEnd() {
            assertThat(event).hasToString(set ? "<Event [set]>" : "<Event [unset]>");
        }
    }

    /// Tasks take items that are put, each put with one notification: none may lie there while
    /// somebody waits.
    private static final class ConditionProgram extends Program {

        private final Condition condition = new Condition();
        private final List<Object> holders = new ArrayList<>();
        private int stock;
        private int waiters;

        ConditionProgram(EventLoop loop, Random random) {
            super(loop, random);
        }

        @Override
        void operate(int id) {
            condition.acquire();
            enter(id);
            try {
                if (random.nextInt(2) == 0) put(1 + random.nextInt(2));
                else take(id);
                pause();
            } finally {
                leave(id);
                condition.release();
            }
        }

        private void enter(int id) {
            holders.add(id);
            assertThat(holders).as("holders").containsExactly(id);
            assertThat(condition.locked()).isTrue();
        }

        private void leave(int id) {
            holders.remove((Object) id);
        }

        private void put(int n) {
            stock += n;
            if (n == 1) condition.notifyOne();
            else condition.notify(n);
        }

        private void take(int id) {
            while (stock == 0) {
                leave(id);
                waiters++;
                try {
                    condition.await();
                } finally {
                    waiters--;
                    enter(id);
                }
            }
            stock--;
        }

        @Override
        void compare() {
            assertThat(condition.locked()).as("locked").isEqualTo(!holders.isEmpty());
            if (waiters > 0 && holders.isEmpty())
                assertThat(stock).as("an item lies there, yet some wait").isZero();
        }

        @Override
        boolean unblock() {
            if (condition.locked() || waiters == 0) return false;
            loop.runUntilComplete(() -> condition.withLock(() -> put(1)));
            return true;
        }

        @Override
        void compareAtEnd() {
            assertThat(condition).hasToString("<Condition [unlocked]>");
            assertThat(waiters).isZero();
        }
    }

    /// Rounds: each has one who comes last, and at most so many pass as there are parties.
    private static final class BarrierProgram extends Program {

        private final int parties;
        private final Barrier barrier;
        private final List<Integer> passed = new ArrayList<>();     // indices, in order of leaving
        private int inside;
        private boolean ending;

        BarrierProgram(EventLoop loop, Random random) {
            super(loop, random);
            parties = 1 + random.nextInt(3);
            barrier = new Barrier(parties);
        }

        @Override
        void operate(int id) {
            if (ending) return;
            if (random.nextInt(8) == 0) {
                if (random.nextBoolean()) barrier.abort();
                barrier.reset();
                return;
            }
            inside++;
            try {
                int index = barrier.await();
                assertThat(index).isBetween(0, parties - 1);
                passed.add(index);
            } finally {
                inside--;
            }
        }

        @Override
        void compare() {
            if (barrier.broken()) {
                assertThat(inside).as("waits at a broken barrier").isZero();
                return;
            }
            assertThat(barrier).as("at rest it fills").hasToString(
                    "<Barrier [filling, waiters:" + inside + "/" + parties + "]>");
            assertThat(inside).as("all are here, and wait").isLessThan(parties);
        }

        @Override
        boolean unblock() {
            ending = true;
            loop.runUntilComplete(() -> barrier.reset());
            return false;
        }

        @Override
        void compareAtEnd() {
            loop.runUntilComplete(() -> barrier.reset());
            assertThat(barrier).hasToString("<Barrier [filling, waiters:0/" + parties + "]>");
            long rounds = passed.stream().filter(i -> i == parties - 1).count();
            assertThat((long) passed.size()).as("passed").isLessThanOrEqualTo(rounds * parties);
        }
    }

    private static final class LimiterProgram extends Program {

        private final CapacityLimiter limiter;
        private final List<Object> held = new ArrayList<>();
        private final Line line = new Line();
        private int total;

        LimiterProgram(EventLoop loop, Random random) {
            super(loop, random);
            total = 1 + random.nextInt(3);
            limiter = new CapacityLimiter(total);
        }

        @Override
        void operate(int id) {
            Integer ticket = line.join();
            try {
                limiter.acquireOnBehalfOf(ticket);
            } finally {
                line.leave(ticket);
            }
            held.add(ticket);
            try {
                // Others who were handed theirs already may run after us.
                if (limiter.borrowedTokens() == held.size()) line.served(ticket);
                pause();
            } finally {
                held.remove(ticket);
                limiter.releaseOnBehalfOf(ticket);
            }
        }

        @Override
        void disturb() {
            total = random.nextInt(4);
            limiter.setTotalTokens(total);
        }

        @Override
        void compare() {
            assertThat(limiter.borrowedTokens()).as("borrowed").isEqualTo(held.size());
            assertThat(limiter.availableTokens()).isEqualTo(total - held.size());
            if (!line.isEmpty())
                assertThat(total - held.size()).as("free, yet some wait").isLessThanOrEqualTo(0);
        }

        @Override
        boolean unblock() {
            if (total > 0) return false;
            total = 1;
            limiter.setTotalTokens(total);
            return true;
        }

        @Override
        void compareAtEnd() {
            assertThat(limiter).hasToString("<CapacityLimiter [0/" + total + " borrowed]>");
        }
    }

    @Test
    void lock_inRandomPrograms_isHeldByOneAndStrandsNobody() {
        check(LockProgram::new);
    }

    @Test
    void semaphore_inRandomPrograms_losesAndMakesNoPermit() {
        check(SemaphoreProgram::new);
    }

    @Test
    void event_inRandomPrograms_wakesExactlyThoseWhoWaited() {
        check(EventProgram::new);
    }

    @Test
    void condition_inRandomPrograms_losesNoNotificationAndKeepsTheLock() {
        check(ConditionProgram::new);
    }

    @Test
    void barrier_inRandomPrograms_letsNobodyPassAlone() {
        check(BarrierProgram::new);
    }

    @Test
    void limiter_inRandomPrograms_losesAndMakesNoToken() {
        check(LimiterProgram::new);
    }
}

package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Random programs on queues and channels, each step compared with a naive model. A failure
/// names its seed; `-Djloop.seed=N` runs that one alone and tells what it did.
class QueueModelTest {

    private static final @Nullable Integer ONLY = Integer.getInteger("jloop.seed");
    private static final int SEEDS = Carrier.level() == Level.HANDOFF ? 1_300 : 2_600;  // slower
    private static final int PRIORITY = 1_000_000;      // an item is a priority and a number
    private static final Comparator<Integer> BY_PRIORITY =
            Comparator.comparingInt(item -> item / PRIORITY);
    private static final String CANCELLED = "cancelled";
    private static final String DONE = "done";

    private enum Kind { FIFO, LIFO, PRIORITY }

    private enum Action { PUT, GET, JOIN, TASK_DONE, SEND, RECEIVE, COPY, CLOSE, SHUTDOWN }

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();

    @Test
    void queue_randomPrograms_doAsTheModel() {
        runAll(seed -> new QueueProgram(loop, seed, Kind.FIFO));
    }

    @Test
    void lifoQueue_randomPrograms_doAsTheModel() {
        runAll(seed -> new QueueProgram(loop, seed, Kind.LIFO));
    }

    @Test
    void priorityQueue_randomPrograms_doAsTheModel() {
        runAll(seed -> new QueueProgram(loop, seed, Kind.PRIORITY));
    }

    @Test
    void memoryChannel_randomPrograms_doAsTheModel() {
        runAll(seed -> new ChannelProgram(loop, seed));
    }

    private void runAll(IntFunction<Program> programs) {
        loop.runUntilComplete(() -> {
            int first = ONLY == null ? 1 : ONLY;
            int last = ONLY == null ? SEEDS : ONLY;
            for (int seed = first; seed <= last; seed++) programs.apply(seed).run();
        });
    }

    /// Something that a worker does, from before it begins until it has ended.
    private static final class Op {
        final Action action;
        int item;
        int end;                        // channels: which of the ends
        boolean waits;                  // by the model it had to, when it began
        boolean cancelled;              // somebody has asked for it in time
        @Nullable Object outcome;       // what the model has decided, or null: not yet

        Op(Action action) {
            this.action = action;
        }

        @Override
        public String toString() {
            return action + " item=" + item + " end=" + end + (waits ? " waits" : "")
                    + (cancelled ? " cancelled" : "") + " outcome=" + outcome;
        }
    }

    private static final class Worker {
        final int number;
        @Nullable Task<Void> task;
        @Nullable Op op;
        boolean cancelPending;          // asked for when there was nothing to cancel

        Worker(int number) {
            this.number = number;
        }
    }

    /// Workers do random things, and so does the main task, which also cancels workers. At
    /// times when nothing is under way, whoever waits must have reason to.
    private abstract static class Program {

        final EventLoop loop;
        final int seed;
        final Random random;
        final List<Worker> workers = new ArrayList<>();
        final StringBuilder trace = new StringBuilder();
        private boolean over;
        private @Nullable Throwable failure;
        private int items;

        Program(EventLoop loop, int seed, int variety) {
            this.loop = loop;
            this.seed = seed;
            this.random = new Random(seed * 4L + variety);
        }

        /// Takes note that `op` begins: either it has its outcome now, or it waits.
        abstract void begin(Op op);

        /// True if it is cancelled, given that this was asked for before it began.
        abstract boolean isCancelledAtEntry(Op op);

        /// Takes note that `op` is to be cancelled while it is under way. Returns false if that
        /// comes too late for it.
        abstract boolean cancel(Op op);

        /// Does it, and says how it ended.
        abstract Object call(Op op, boolean atOnce);

        /// Compares how it ended with the model.
        abstract void end(Op op, Object outcome);

        /// The outcome by the model of doing it at once, noted there.
        abstract Object atOnce(Op op);

        abstract Op waitingOp();

        abstract Op immediateOp();

        abstract void finish();

        abstract void checkIdle();

        final int newItem() {
            return random.nextInt(3) * PRIORITY + ++items;
        }

        final void verify(boolean holds, Object... what) {
            if (holds) return;
            StringBuilder text = new StringBuilder("seed " + seed + ": ");
            for (Object part : what) text.append(part);
            throw new AssertionError(text + ", " + this + "\n" + trace);
        }

        final void note(Object... what) {
            if (ONLY == null) return;
            trace.append(loop.time() / 1000).append("us");
            for (Object part : what) trace.append(' ').append(part);
            trace.append('\n');
        }

        final List<Op> waiting(Action action) {
            List<Op> found = new ArrayList<>();
            for (Worker worker : workers) {
                Op op = worker.op;
                if (op != null && op.action == action) found.add(op);
            }
            return found;
        }

        // ---- The main task

        final void run() {
            int count = 2 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                Worker worker = new Worker(i);
                workers.add(worker);
                worker.task = createTask(() -> guarded(worker));
            }
            for (int round = 4 + random.nextInt(12); round > 0; round--) {
                burst();
                if (random.nextBoolean()) {
                    sleep(Duration.ZERO);
                    burst();
                }
                quiet();
            }
            over = true;
            finish();
            sleep(Duration.ofMillis(10));
            rethrow();
            for (Worker worker : workers) {
                verify(Objects.requireNonNull(worker.task).done(), "still waits: ", worker.op);
            }
        }

        private void burst() {
            for (int n = random.nextInt(5); n > 0; n--) {
                if (random.nextInt(3) > 0) {
                    immediate("main", immediateOp());
                } else {
                    cancel(workers.get(random.nextInt(workers.size())));
                }
            }
        }

        /// Workers sleep for whole milliseconds, so that half a one later nothing moves.
        private void quiet() {
            sleep(Duration.ofMillis(random.nextInt(3)).plusNanos(500_000));
            rethrow();
            for (Worker worker : workers) {
                Op op = worker.op;
                if (op != null) verify(!op.cancelled && op.outcome == null, "waits still: ", op);
            }
            checkIdle();
            sleep(Duration.ofNanos(500_000));
        }

        private void rethrow() {
            if (failure instanceof AssertionError error) throw error;
            verify(failure == null, "failed: ", String.valueOf(failure));
        }

        private void cancel(Worker worker) {
            Task<Void> task = Objects.requireNonNull(worker.task);
            if (task.done()) return;
            Op op = worker.op;
            note("cancel", worker.number, op);
            if (op == null || !cancel(op)) worker.cancelPending = true;
            task.cancel();
        }

        private void immediate(Object who, Op op) {
            Object expected = atOnce(op);
            Object found = call(op, true);
            note(who, "at once", op, found);
            verify(expected.equals(found), op, " gave ", found, ", not ", expected);
        }

        // ---- Workers

        private void guarded(Worker worker) {
            try {
                while (!over) {
                    try {
                        step(worker);
                    } catch (CancelledError e) {        // of a sleep
                        verify(worker.cancelPending || worker.op == null, "out of nowhere ", e);
                        recover(worker);
                    }
                }
            } catch (Throwable e) {
                if (failure == null) failure = e;
            }
        }

        private static void recover(Worker worker) {
            Task<Void> task = Objects.requireNonNull(worker.task);
            while (task.cancelling() > 0) task.uncancel();
            worker.cancelPending = false;
        }

        private void step(Worker worker) {
            switch (random.nextInt(8)) {
                case 0 -> sleep(Duration.ZERO);
                case 1, 2 -> sleep(Duration.ofMillis(1 + random.nextInt(2)));
                case 3 -> immediate(worker.number, immediateOp());
                default -> perform(worker, waitingOp());
            }
        }

        private void perform(Worker worker, Op op) {
            Duration limit = random.nextInt(3) > 0 ? null
                    : Duration.ofMillis(1 + random.nextInt(3));
            boolean stillborn = worker.cancelPending && isCancelledAtEntry(op);
            if (stillborn) op.cancelled = true;
            else begin(op);
            worker.op = op;
            note(worker.number, "begins", op, limit);
            Object outcome;
            // Made right before the timeout's own timer, it is called right before that.
            TimerHandle alarm = limit == null ? null : loop.callLater(limit, () -> {
                note(worker.number, "times out", op);
                boolean _ = cancel(op);
            });
            try {
                outcome = limit == null ? call(op, false)
                        : timeout(limit, () -> call(op, false));
            } catch (CancelledError _) {
                outcome = CANCELLED;
                recover(worker);
            } catch (TimeoutException _) {
                outcome = CANCELLED;
            }
            if (alarm != null) alarm.cancel();
            worker.op = null;
            note(worker.number, "ends", op, outcome);
            verify(op.cancelled == outcome.equals(CANCELLED), op, " gave ", outcome);
            if (!op.cancelled) end(op, outcome);
        }
    }

    // ---- Queues

    private static final class QueueProgram extends Program {

        private final Kind kind;
        private final int maxsize;
        private final Queue<Integer> queue;

        // The model
        private final List<Integer> stored = new ArrayList<>();
        private int unfinished;
        private boolean shut;

        QueueProgram(EventLoop loop, int seed, Kind kind) {
            super(loop, seed, kind.ordinal());
            this.kind = kind;
            this.maxsize = random.nextInt(4);
            this.queue = switch (kind) {
                case FIFO -> new Queue<>(maxsize);
                case LIFO -> new LifoQueue<>(maxsize);
                case PRIORITY -> new PriorityQueue<>(maxsize, BY_PRIORITY);
            };
        }

        private boolean isFull() {
            return maxsize > 0 && stored.size() >= maxsize;
        }

        private Integer next() {
            return switch (kind) {
                case FIFO -> stored.getFirst();
                case LIFO -> stored.getLast();
                case PRIORITY -> Collections.min(stored, BY_PRIORITY);  // the first of several
            };
        }

        private void finished(int count) {
            unfinished -= count;
            if (unfinished > 0) return;
            for (Op op : waiting(Action.JOIN)) if (!op.cancelled) op.outcome = DONE;
        }

        @Override
        void begin(Op op) {
            op.waits = mustWait(op);
        }

        private boolean mustWait(Op op) {
            return switch (op.action) {
                case PUT -> !shut && isFull();
                case GET -> !shut && stored.isEmpty();
                default -> unfinished > 0;
            };
        }

        @Override
        boolean isCancelledAtEntry(Op op) {
            return mustWait(op);
        }

        @Override
        boolean cancel(Op op) {
            op.cancelled = true;
            return true;
        }

        @Override
        Object call(Op op, boolean atOnce) {
            try {
                switch (op.action) {
                    case PUT -> {
                        if (atOnce) queue.putNowait(op.item);
                        else queue.put(op.item);
                    }
                    case GET -> {
                        return atOnce ? queue.getNowait() : queue.get();
                    }
                    case JOIN -> queue.join();
                    case TASK_DONE -> queue.taskDone();
                    default -> queue.shutdown(op.item % 2 == 0);
                }
                return DONE;
            } catch (RuntimeException e) {
                return e.getClass();
            }
        }

        @Override
        void end(Op op, Object outcome) {
            if (op.action == Action.JOIN) {
                verify(outcome.equals(DONE) && (op.outcome != null || !op.waits), "join came back");
                return;
            }
            Object expected = atOnce(op);       // it happens when it ends, and not before
            verify(expected.equals(outcome), op, " gave ", outcome, ", not ", expected);
        }

        @Override
        Object atOnce(Op op) {
            return switch (op.action) {
                case PUT -> {
                    if (shut) yield QueueShutDownException.class;
                    if (isFull()) yield QueueFullException.class;
                    stored.add(op.item);
                    unfinished++;
                    yield DONE;
                }
                case GET -> {
                    if (stored.isEmpty())
                        yield shut ? QueueShutDownException.class : QueueEmptyException.class;
                    Integer item = next();
                    stored.remove(item);
                    yield item;
                }
                case TASK_DONE -> {
                    if (unfinished == 0) yield IllegalArgumentException.class;
                    finished(1);
                    yield DONE;
                }
                default -> {
                    shut = true;
                    if (op.item % 2 == 0) {
                        finished(Math.min(stored.size(), unfinished));
                        stored.clear();
                    }
                    yield DONE;
                }
            };
        }

        private Op op(Action action) {
            Op op = new Op(action);
            op.item = newItem();
            return op;
        }

        @Override
        Op waitingOp() {
            int n = random.nextInt(9);
            return op(n < 4 ? Action.PUT : n < 8 ? Action.GET : Action.JOIN);
        }

        @Override
        Op immediateOp() {
            int n = random.nextInt(60);
            return op(n == 0 ? Action.SHUTDOWN : n < 20 ? Action.PUT
                    : n < 40 ? Action.GET : Action.TASK_DONE);
        }

        @Override
        void checkIdle() {
            int getters = waiting(Action.GET).size();
            int putters = waiting(Action.PUT).size();
            verify(getters == 0 || stored.isEmpty() && !shut, "getters wait");
            verify(putters == 0 || isFull() && !shut, "putters wait");
            verify(waiting(Action.JOIN).isEmpty() || unfinished > 0, "joiners wait");
            String text = "maxsize=" + maxsize
                    + (getters == 0 ? "" : " _getters[" + getters + "]")
                    + (putters == 0 ? "" : " _putters[" + putters + "]")
                    + (unfinished == 0 ? "" : " tasks=" + unfinished) + (shut ? " shutdown>" : ">");
            verify(queue.qsize() == stored.size(), "the size is ", queue.qsize());
            verify(queue.toString().replaceAll(" _queue=\\[[0-9, ]*\\]", "").endsWith(text),
                    "text of ", queue, " without ", text);
        }

        @Override
        void finish() {
            Op op = op(Action.SHUTDOWN);
            Object expected = atOnce(op);
            verify(expected.equals(call(op, true)), "shutdown failed");
            while (unfinished > 0) {
                Op last = op(Action.TASK_DONE);
                verify(atOnce(last).equals(call(last, true)), "taskDone failed");
            }
        }

        @Override
        public String toString() {
            return queue + ", the model has " + stored + " tasks=" + unfinished + " shut=" + shut;
        }
    }

    // ---- Channels

    private static final class ChannelProgram extends Program {

        private final int capacity = random.nextInt(4);
        private final List<SendChannel<Integer>> senders = new ArrayList<>();
        private final List<ReceiveChannel<Integer>> receivers = new ArrayList<>();

        // The model: all that was sent, be it buffered or not, and who waits for more.
        private final List<Op> line = new ArrayList<>();
        private final List<Op> wanted = new ArrayList<>();
        private final List<Integer> sendersOpen = new ArrayList<>(List.of(0));
        private final List<Integer> receiversOpen = new ArrayList<>(List.of(0));

        ChannelProgram(EventLoop loop, int seed) {
            super(loop, seed, 3);
            MemoryChannel<Integer> channel = MemoryChannel.open(capacity);
            senders.add(channel.sender());
            receivers.add(channel.receiver());
        }

        private void settle() {
            while (!line.isEmpty() && !wanted.isEmpty()) {
                Op sent = line.removeFirst();
                sent.outcome = DONE;
                wanted.removeFirst().outcome = sent.item;
            }
            for (Op sent : line.subList(0, Math.min(capacity, line.size()))) sent.outcome = DONE;
        }

        private @Nullable Object refusal(Op op) {
            if (op.action == Action.SEND) {
                if (!sendersOpen.contains(op.end)) return ClosedResourceException.class;
                return receiversOpen.isEmpty() ? BrokenResourceException.class : null;
            }
            if (!receiversOpen.contains(op.end)) return ClosedResourceException.class;
            return line.isEmpty() && sendersOpen.isEmpty() ? EndOfChannelException.class : null;
        }

        @Override
        void begin(Op op) {
            op.outcome = refusal(op);
            if (op.outcome != null) return;
            (op.action == Action.SEND ? line : wanted).add(op);
            settle();
            op.waits = op.outcome == null;
        }

        @Override
        boolean isCancelledAtEntry(Op op) {
            return true;
        }

        @Override
        boolean cancel(Op op) {
            if (op.outcome != null) return false;
            op.cancelled = true;
            line.remove(op);
            wanted.remove(op);
            return true;
        }

        @Override
        Object call(Op op, boolean atOnce) {
            try {
                switch (op.action) {
                    case SEND -> {
                        if (atOnce) senders.get(op.end).sendNowait(op.item);
                        else senders.get(op.end).send(op.item);
                    }
                    case RECEIVE -> {
                        ReceiveChannel<Integer> receiver = receivers.get(op.end);
                        return atOnce ? receiver.receiveNowait() : receiver.receive();
                    }
                    case COPY -> {
                        if (op.item % 2 == 0) senders.add(senders.get(op.end).copy());
                        else receivers.add(receivers.get(op.end).copy());
                    }
                    default -> {
                        if (op.item % 2 == 0) senders.get(op.end).close();
                        else receivers.get(op.end).close();
                    }
                }
                return DONE;
            } catch (RuntimeException e) {
                return e.getClass();
            }
        }

        @Override
        void end(Op op, Object outcome) {
            verify(outcome.equals(op.outcome), op, " gave ", outcome);
        }

        @Override
        Object atOnce(Op op) {
            switch (op.action) {
                case SEND -> {
                    Object refusal = refusal(op);
                    if (refusal != null) return refusal;
                    if (wanted.isEmpty() && line.size() >= capacity)
                        return WouldBlockException.class;
                    line.add(op);
                    settle();
                    return DONE;
                }
                case RECEIVE -> {
                    Object refusal = refusal(op);
                    if (refusal != null) return refusal;
                    if (line.isEmpty()) return WouldBlockException.class;
                    wanted.add(op);
                    settle();
                    return Objects.requireNonNull(op.outcome);
                }
                case COPY -> {
                    boolean sender = op.item % 2 == 0;
                    List<Integer> open = sender ? sendersOpen : receiversOpen;
                    if (!open.contains(op.end)) return ClosedResourceException.class;
                    open.add(sender ? senders.size() : receivers.size());
                    return DONE;
                }
                default -> {
                    closed(op);
                    return DONE;
                }
            }
        }

        private void closed(Op op) {
            boolean sender = op.item % 2 == 0;
            if (!(sender ? sendersOpen : receiversOpen).remove((Integer) op.end)) return;
            for (Op other : waiting(sender ? Action.SEND : Action.RECEIVE)) {
                if (other.end == op.end) refuse(other, ClosedResourceException.class);
            }
            if (sender && sendersOpen.isEmpty()) {
                for (Op other : waiting(Action.RECEIVE))
                    refuse(other, EndOfChannelException.class);
            }
            if (!sender && receiversOpen.isEmpty()) {
                for (Op other : waiting(Action.SEND))
                    refuse(other, BrokenResourceException.class);
                line.clear();
            }
        }

        private void refuse(Op op, Object outcome) {
            if (op.cancelled || op.outcome != null) return;
            op.outcome = outcome;
            line.remove(op);
            wanted.remove(op);
        }

        private Op op(Action action) {
            Op op = new Op(action);
            op.item = newItem();
            boolean sender = action == Action.SEND
                    || action != Action.RECEIVE && op.item % 2 == 0;
            op.end = random.nextInt(sender ? senders.size() : receivers.size());
            return op;
        }

        @Override
        Op waitingOp() {
            return op(random.nextBoolean() ? Action.SEND : Action.RECEIVE);
        }

        @Override
        Op immediateOp() {
            int n = random.nextInt(30);
            return op(n == 0 ? Action.CLOSE : n < 3 ? Action.COPY
                    : n < 16 ? Action.SEND : Action.RECEIVE);
        }

        @Override
        void checkIdle() {
            int sending = waiting(Action.SEND).size();
            int receiving = waiting(Action.RECEIVE).size();
            int buffered = line.size() - sending;
            String text = "<MemoryChannel capacity=" + capacity + " buffered=" + buffered
                    + " senders=" + sendersOpen.size() + " receivers=" + receiversOpen.size()
                    + (sending == 0 ? "" : " sending=" + sending)
                    + (receiving == 0 ? "" : " receiving=" + receiving) + ">>";
            verify(senders.getFirst().toString().endsWith(text), "text without ", text);
        }

        @Override
        void finish() {
            while (!sendersOpen.isEmpty() || !receiversOpen.isEmpty()) {
                Op op = op(Action.CLOSE);
                verify(atOnce(op).equals(call(op, true)), "close failed");
            }
        }

        @Override
        public String toString() {
            return senders.getFirst() + ", the model has " + line + " and waits for " + wanted;
        }
    }
}

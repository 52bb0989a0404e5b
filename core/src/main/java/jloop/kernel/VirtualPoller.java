package jloop.kernel;

import java.time.Duration;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import jloop.poller.Child;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Poller;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// A [Poller] and [Clock] for tests: to sleep is to move the clock, and sockets are in memory.
///
/// Nothing depends on real time or on chance, so what a loop does on it is the same every time.
/// The exception is work of other threads, which [#hold()] and [#release()] enclose.
///
/// **Threads**: the loop's thread, except [#wake()], [#hold()], [#release()] and [#nanos()].
public final class VirtualPoller implements Poller, Clock {

    /*
     * An operation that has to wait is *due* from the moment that something lets it go on (bytes
     * arrive, room is made, the peer closes) and is completed by the next poll.
     *
     * Invariants (I1 and I2: VirtualHistoryTest; the others: VirtualPollerTest):
     *   I1  an operation that is due is under way
     *   I2  an operation under way that is not due could not go on
     *   I3  operations are completed in the order in which they became due, in poll alone; those
     *       that become due meanwhile are left to the next poll
     *   I4  time moves in poll alone, by its time-out exactly, and only if nothing was due,
     *       nobody woke the poller and nobody holds time
     *   I5  a new socket has the lowest number that is free, from 3 on
     */

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int PIPE_BYTES = 64 * 1024;
    private static final int FIRST_NUMBER = 3;      // 0, 1 and 2 are the standard streams
    private static final int DESCRIPTORS_MAX = 1024;

    final VirtualNetwork network = new VirtualNetwork();
    final int pipeBytes;        // room in each direction of a connection

    private final long patienceNanos;               // real time
    private final SequencedSet<Operation> due = new LinkedHashSet<>();
    private final BitSet numbers = new BitSet();    // those in use
    private final TreeMap<Integer, VirtualSocket> open = new TreeMap<>();
    private int descriptorsMax = DESCRIPTORS_MAX;
    private boolean closed;

    private volatile long nowNanos;                             // poll moves it; any thread reads
    private final AtomicInteger holds = new AtomicInteger();    // any thread
    private final AtomicBoolean woken = new AtomicBoolean();    // any thread sets; poll clears
    private volatile @Nullable Thread sleeper;                  // poll sets; any thread unparks

    /// Waits for other threads during 10 seconds of real time; connections hold 64 KiB in each
    /// direction.
    public VirtualPoller() {
        this(PATIENCE, PIPE_BYTES);
    }

    /// Waits for other threads, where there is nothing else to wait for, during `patience` of
    /// real time. Connections hold `pipeBytes` in each direction.
    public VirtualPoller(Duration patience, int pipeBytes) {
        if (pipeBytes < 1)
            throw new IllegalArgumentException("pipeBytes must be at least 1, not " + pipeBytes);
        this.patienceNanos = patience.toNanos();
        this.pipeBytes = pipeBytes;
    }

    /// From now on a socket can be opened or accepted only if its number is among the first
    /// `count` (`EMFILE`). 1024 at first.
    public void limitDescriptors(int count) {
        descriptorsMax = count;
    }

    // ---- time ----------------------------------------------------------------------------------

    /// Virtual nanoseconds since this poller was made.
    @Override
    public long nanos() {
        return nowNanos;
    }

    /// Keeps time from moving while another thread works for the loop: [#poll(long)] then
    /// sleeps in real time until it is woken. Counts; call [#release()] as often.
    @Override
    public void hold() {
        holds.incrementAndGet();
    }

    /// Ends a [#hold()]. Who has something for the loop hands it over first, then releases.
    ///
    /// **Errors**: IllegalStateException if time is not held.
    @Override
    public void release() {
        if (holds.getAndUpdate(count -> Math.max(0, count - 1)) == 0)
            throw new IllegalStateException("release without hold");
        wake();     // whatever was to wait for this release looks again
    }

    /// Completes what is due. If there is nothing, and nobody woke this poller, moves time.
    ///
    /// **Errors**: IllegalStateException if it has waited for other threads in vain, because
    /// time is held or because the time-out never ends and no operation is due.
    @Override
    public void poll(long timeoutNanos) {
        if (closed) throw new IllegalStateException("the poller is closed");
        boolean held = holds.get() > 0;         // before the wake: release() wakes last
        boolean called = woken.getAndSet(false);
        boolean completed = completeDue();
        if (called || completed || timeoutNanos <= 0) return;
        if (held) awaitWake("asleep for ever: time is held, but nobody wakes the loop");
        else if (timeoutNanos == FOREVER)
            awaitWake("asleep for ever: no timer, no I/O, no wake-up");
        else move(timeoutNanos);
    }

    private void move(long timeoutNanos) {
        long now = nowNanos;
        nowNanos = now + timeoutNanos;
    }

    private boolean completeDue() {
        if (due.isEmpty()) return false;
        for (int count = due.size(); count > 0 && !due.isEmpty(); count--) {
            Operation operation = due.removeFirst();
            ((VirtualSocket) operation.descriptor).proceed(operation);
        }
        return true;
    }

    private void awaitWake(String elseProblem) {
        long start = Clock.SYSTEM.nanos();
        boolean interrupted = false;
        sleeper = Thread.currentThread();       // before the look at woken: wake() sets it first
        try {
            while (!woken.getAndSet(false)) {
                long left = patienceNanos - (Clock.SYSTEM.nanos() - start);
                if (left <= 0) throw new IllegalStateException(elseProblem);
                LockSupport.parkNanos(this, left);
                interrupted |= Thread.interrupted();    // it would keep the thread from parking
            }
        } finally {
            sleeper = null;
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    @Override
    public void wake() {
        if (!woken.getAndSet(true)) LockSupport.unpark(sleeper);
    }

    // ---- operations ----------------------------------------------------------------------------

    @Override
    public boolean submit(Operation operation) {
        return ((VirtualSocket) operation.descriptor).submit(operation);
    }

    @Override
    public boolean cancel(Operation operation) {
        return ((VirtualSocket) operation.descriptor).cancel(operation);
    }

    void due(Operation operation) {
        due.add(operation);
    }

    void notDue(Operation operation) {
        due.remove(operation);
    }

    // ---- sockets -------------------------------------------------------------------------------

    @Override
    public VirtualSocket open(Family family) {
        if (closed) return new VirtualSocket(this, family, -Errno.EBADF);
        int index = numbers.nextClearBit(0);
        if (index >= descriptorsMax) return new VirtualSocket(this, family, -Errno.EMFILE);
        numbers.set(index);
        var socket = new VirtualSocket(this, family, FIRST_NUMBER + index);
        open.put(index, socket);
        return socket;
    }

    @Override
    public VirtualSocket openDatagram(Family family) {
        VirtualSocket socket = open(family);
        socket.hasDatagrams();
        return socket;
    }

    /// A process has a time of its own, which nobody can move.
    @Override
    public Child spawn(SpawnRequest request) {
        throw new UnsupportedOperationException("there are no child processes in virtual time,"
                + " which they would not keep: a test that starts " + request.command()
                + " needs a loop in real time");
    }

    @Override
    public List<Descriptor> pipe() {
        VirtualSocket reader = open(Family.UNIX);
        VirtualSocket writer = open(Family.UNIX);
        if (writer.error() != 0) {
            reader.close();
            return List.of(writer, writer);
        }
        writer.writeTo(reader);
        return List.of(reader, writer);
    }

    /// How many sockets are open.
    public int socketCount() {
        return open.size();
    }

    void forget(int number) {
        int index = number - FIRST_NUMBER;
        numbers.clear(index);
        open.remove(index);
    }

    @Override
    public void close() {
        closed = true;
        for (VirtualSocket socket : List.copyOf(open.values())) socket.close();
    }
}

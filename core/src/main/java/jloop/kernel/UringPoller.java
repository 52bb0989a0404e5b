package jloop.kernel;

import java.io.UncheckedIOException;
import java.net.SocketAddress;
import jloop.poller.Family;
import org.jspecify.annotations.Nullable;

/// The proactor of Linux: io_uring(7) for stream sockets, which are received from, accepted on
/// and sent to by one system call a turn; epoll(7), which the ring waits for, for all else.
public final class UringPoller extends EpollPoller {

    /*
     * What is asked of the ring carries in its upper four bits what it is, below them the token
     * of a socket, or a slot. A completion whose token is nobody's any more gives back what it
     * brings.
     *
     * The ring is owned by the thread that polls first, until another one enters: the host of
     * an embedded loop does, and at the level HANDOFF the turner or a coroutine. Then the ring is
     * given up, and epoll does everything: a ring that threads share is slower than epoll, and
     * tells late. Nothing is lost thereby: a ring with an owner receives and accepts only while
     * its owner enters.
     */

    // What a completion is of.
    static final long RECEIVE = 1L << 60;
    static final long ACCEPT = 2L << 60;
    static final long CONNECT = 3L << 60;
    static final long SEND = 4L << 60;
    private static final long EPOLL = 5L << 60;
    private static final long NOBODY = 0;
    private static final long KIND = 0xfL << 60;

    private static final int ENTRIES = 1024;
    private static final int ACCEPT_MULTISHOT = 1;
    private static final int RECEIVE_MULTISHOT = 2;
    private static final int POLL_MULTISHOT = 1;
    private static final int CANCEL_ALL = 1;
    private static final int CANCEL_ANY = 4;
    private static final int ETIME = 62;
    private static final int TRIES = 100;
    private static final long TRY_NANOS = 10_000_000;

    private @Nullable Ring ring;        // null: was given up
    private @Nullable Ring left;        // what was given up and is still to be told so
    private RingBuffers buffers;
    private RingOutbox outbox = new RingOutbox();
    private RingOutbox submitted = new RingOutbox();
    private int underWay;               // requests of which a completion is still to come
    private boolean hasMore;            // epoll has more events than it could tell at once

    /// **Errors**: UncheckedIOException if the kernel has no descriptors to give, or refuses
    /// the ring; IllegalStateException if its rings cannot do what this poller needs.
    public UringPoller() {
        this(new SystemCalls());
    }

    /// A poller that makes its system calls by `calls`, which is then its own.
    ///
    /// **Errors**: UncheckedIOException if the kernel has no descriptors to give, or refuses
    /// the ring; IllegalStateException if its rings cannot do what this poller needs.
    public UringPoller(SystemCalls calls) {
        super(calls);
        Ring made = null;
        try {
            made = new Ring(calls, ENTRIES, true);
            buffers = new RingBuffers(calls, made);
        } catch (UncheckedIOException | IllegalStateException e) {
            if (made != null) made.release();
            outbox.release();
            submitted.release();
            super.release();
            throw e;
        }
        ring = made;
        watchEpoll(made);
    }

    RingBuffers buffers() {
        return buffers;
    }

    RingOutbox outbox() {
        return outbox;
    }

    /// Whether the ring is there, for others to receive, accept and send by.
    boolean hasRing() {
        return ring != null;
    }

    /// Whether what is put into the outbox will be submitted, or be done without the ring.
    boolean submitsMore() {
        return ring != null || left != null;
    }

    // A receive that goes on and on may miss the end of the stream of a UNIX socket: where it has
    // taken the last bytes it does not look whether there is more (Linux 6.18; of TCP it does).
    @Override
    void equip(EpollSocket socket, Family family) {
        if (ring == null || family == Family.UNIX) return;
        socket.flowsBy(new RingInflow(this, socket), new RingOutflow(this, socket));
    }

    // ---- A turn

    @Override
    public void poll(long timeoutNanos) {
        if (isClosed()) throw new IllegalStateException("the poller is closed");
        if (ring != null) pollRing(ring, timeoutNanos);
        if (ring != null) return;
        if (left != null) leave(left);
        if (!isClosed()) super.poll(hasMore ? 0 : timeoutNanos);
        hasMore = false;
    }

    private void pollRing(Ring now, long timeoutNanos) {
        if (submitOutbox(now) && now == ring) {     // what closes then does not wait for a sleep
            enter(now, 0, 0);
            if (now == ring) decide(now);
        }
        long nanos = beginFiles(timeoutNanos);
        boolean sleeps = nanos > 0 && !hasMore && !now.hasCompleted() && !now.hasOverflowed();
        if (now == ring) enter(now, sleeps ? 1 : 0, nanos);
        if (now == ring) complete(now);
        // Not one may stay outside: of another thread's they are not.
        while (now == ring && !isClosed() && now.hasOverflowed()) {
            enter(now, 0, 0);
            if (now == ring) complete(now);
        }
        if (now == ring) completeFiles();
    }

    private void complete(Ring now) {
        decide(now);
        int end = now.end();
        while (now == ring && !isClosed() && now.take(end, this::completed)) { }
        buffers.endTurn();
        if (hasMore && !isClosed()) lookAtEpoll();
    }

    private void enter(Ring now, int awaited, long nanos) {
        int result = now.enter(awaited, nanos);
        switch (-result) {
            case Errno.EEXIST -> {
                left = now;             // the rest in the next poll, as that completes
                ring = null;
            }
            case Errno.EINTR, Errno.EAGAIN, Errno.EBUSY, ETIME -> { }
            default -> {
                if (result < 0) throw new IllegalStateException(
                        "io_uring_enter failed: " + Errno.text(-result));
            }
        }
    }

    /// Returns whether something is closed when it is known what came of what it sent.
    private boolean submitOutbox(Ring now) {
        if (submitted.count() > 0 || outbox.count() == 0) return false;
        RingOutbox full = outbox;
        outbox = submitted;
        submitted = full;
        boolean closesBehind = false;
        for (int slot = 0; slot < full.count() && now == ring; slot++) {
            if (!now.hasRoom(RingOutflow.REQUESTS_MAX)) enter(now, 0, 0);
            if (now == ring) closesBehind |= full.ask(slot, now);
        }
        return closesBehind;
    }

    /// What was submitted is over unless the kernel did not take it all, or cannot tell of all.
    private void decide(Ring now) {
        if (submitted.count() == 0 || now.asked() > 0 || now.hasOverflowed()) return;
        now.look(now.end(), this::failedSend);
        for (int slot = 0; slot < submitted.count(); slot++) {
            RingOutflow flow = submitted.remove(slot);
            if (flow != null) flow.decided();
        }
        submitted.clear();
    }

    private void failedSend(long data, int result, int flags) {
        if ((data & KIND) == SEND) submitted.sent((int) data, result);
    }

    private void completed(long data, int result, int flags) {
        long kind = data & KIND;
        if (isLast(kind, flags)) underWay--;
        if ((flags & Ring.CQE_F_BUFFER) != 0) buffers.used();
        if (kind == EPOLL) {
            lookAtEpoll();
            if ((flags & Ring.CQE_F_MORE) == 0 && ring != null) watchEpoll(ring);
        } else if (kind == SEND && submitted.count() > 0) {
            submitted.sent((int) data, result);     // others of them are still to be submitted
        } else if (kind == RECEIVE || kind == ACCEPT || kind == CONNECT) {
            EpollSocket socket = find(data & ~KIND);
            if (socket != null) socket.completed(kind, result, flags);
            else unwanted(kind, result, flags);
        }
    }

    /// Whether what is told of a request is the last.
    private static boolean isLast(long kind, int flags) {
        return kind != SEND && kind != NOBODY && (flags & Ring.CQE_F_MORE) == 0;
    }

    private void unwanted(long kind, int result, int flags) {
        if ((flags & Ring.CQE_F_BUFFER) != 0) give(flags >>> 16);
        if (kind == ACCEPT && result >= 0) calls.close(result);
    }

    private void watchEpoll(Ring now) {
        underWay++;
        now.ask(Ring.OP_POLL_ADD, epoll, 0, 0, POLL_MULTISHOT, SystemCalls.POLLIN, EPOLL);
    }

    private void lookAtEpoll() {
        hasMore = look(0) == EVENTS_MAX;
    }

    // ---- What flows ask for

    /// The ring, with room for a request, or null if it was given up.
    private @Nullable Ring ready() {
        if (ring != null && !ring.hasRoom(1)) enter(ring, 0, 0);
        return ring;
    }

    /// Has `socket` receive from now on. False if the ring was given up.
    boolean receiveOn(EpollSocket socket) {
        Ring now = ready();
        if (now == null) return false;
        underWay++;
        long at = now.ask(Ring.OP_RECV, socket.fd(), 0, 0, 0, 0, RECEIVE | socket.token);
        now.flag(at, Ring.SQE_BUFFER_SELECT);
        now.priority(at, RECEIVE_MULTISHOT);
        now.group(at, RingBuffers.GROUP);
        return true;
    }

    /// The same of accepting.
    boolean acceptOn(EpollSocket socket) {
        Ring now = ready();
        if (now == null) return false;
        underWay++;
        long at = now.ask(Ring.OP_ACCEPT, socket.fd(), 0, 0, 0,
                SystemCalls.SOCK_NONBLOCK | SystemCalls.SOCK_CLOEXEC, ACCEPT | socket.token);
        now.priority(at, ACCEPT_MULTISHOT);
        return true;
    }

    /// Whether the ring is there for certain, as it was just entered.
    boolean isEntered() {
        if (ring != null) enter(ring, 0, 0);
        return ring != null;
    }

    /// Begins to connect: 0, or `-errno` if `remote` cannot be an address of that family;
    /// `-EAGAIN` if the ring takes nothing now.
    int connectOn(EpollSocket socket, SocketAddress remote, Family family) {
        int size = address.put(remote, family);
        Ring now = ready();
        if (size < 0 || now == null) return size;
        underWay++;
        now.ask(Ring.OP_CONNECT, socket.fd(), size, address.memory.address(), 0, 0,
                CONNECT | socket.token);
        enter(now, 0, 0);               // the address is that of the next one soon
        if (now != ring || now.asked() == 0) return 0;
        now.takeBack();
        underWay--;
        return -Errno.EAGAIN;
    }

    /// Calls off what a socket has under way of that kind.
    void callOff(EpollSocket socket, long kind) {
        Ring now = ready();
        if (now != null) cancel(now, kind | socket.token, 0);
    }

    private static void cancel(Ring now, long data, int flags) {
        long at = now.ask(Ring.OP_ASYNC_CANCEL, -1, 0, data, 0, flags, NOBODY);
        now.flag(at, Ring.SQE_SKIP_SUCCESS);
    }

    /// The same, and comes back when the kernel has let go of the socket: once it is closed,
    /// its address is free.
    void callOffNow(EpollSocket socket, long kind) {
        callOff(socket, kind);
        if (ring != null) enter(ring, 0, 0);
    }

    void give(int buffer) {
        buffers.give(buffer);
    }

    /// The kernel has no buffer left to receive into.
    void makeRoom() {
        if (buffers.grow()) return;
        for (EpollSocket socket : sockets()) if (socket != null) socket.keepWhatHasCome();
    }

    // ---- The end

    /// Takes leave of a ring that another thread has entered.
    private void leave(Ring before) {
        left = null;
        while (!isClosed() && before.take(before.end(), this::completed)) { }
        for (EpollSocket socket : sockets()) if (socket != null) socket.keepWhatHasCome();
        doWithoutRing(submitted, before);
        doWithoutRing(outbox, before);
        before.release();
        buffers.release();
        for (EpollSocket socket : sockets()) if (socket != null) socket.leavesRing();
        hasMore = true;                 // what it completed is not to wait for a sleep
    }

    /// Does what the kernel has not taken of `box`, and by `ring` will not take any more.
    private static void doWithoutRing(RingOutbox box, Ring ring) {
        for (int slot = 0; slot < box.count(); slot++) {
            RingOutflow flow = box.remove(slot);
            if (flow == null) continue;
            if (flow.isTaken(ring)) flow.decided();
            else flow.doneWithoutRing(box);
        }
        box.clear();
    }

    @Override
    void release() {
        if (buffers == null) {          // the constructor has failed
            super.release();
            return;
        }
        Ring last = ring == null ? left : ring;
        ring = null;
        if (last != null) finish(last);
        boolean isQuiet = last == null || end(last);
        if (isQuiet) {
            outbox.release();
            submitted.release();
        }
        if (isQuiet && last != null) buffers.release();
        super.release();
    }

    /// Sends and closes what is left, each once: what the kernel has not taken is taken back.
    private void finish(Ring last) {
        last.look(last.end(), this::failedSend);
        doWithoutRing(submitted, last);
        doWithoutRing(outbox, last);
        while (last.asked() > 0) if (isLast(last.takeBack() & KIND, 0)) underWay--;
    }

    /// Calls all off and waits for it, as nothing may be written into memory that was given
    /// back. False if that is not known. A ring whose owner does not enter does nothing.
    private boolean end(Ring last) {
        if (last.isDisabled()) {
            last.release();
            return true;
        }
        cancel(last, 0, CANCEL_ANY | CANCEL_ALL);
        int result = last.submit();
        for (int i = 0; i < TRIES && underWay > 0 && result != -Errno.EEXIST; i++) {
            result = last.enter(i == 0 ? 0 : 1, TRY_NANOS);
            while (last.take(last.end(), this::over)) { }
        }
        last.release();
        return underWay == 0 || result == -Errno.EEXIST;
    }

    private void over(long data, int result, int flags) {
        long kind = data & KIND;
        if (isLast(kind, flags)) underWay--;
        unwanted(kind, result, flags);
    }
}

package jloop.kernel;

import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import jloop.poller.Family;
import org.jspecify.annotations.Nullable;

/// What one socket sends when the ring is entered next, and its closing.
final class RingOutflow {

    /*
     * A send is copied, promised and put into the outbox; when the loop polls, all sends are
     * submitted by the one call that also waits. The kernel carries them out within that call,
     * in order, and tells only of those that it could not carry out, or not in full: when the
     * call is back, the others are done. A second send of the same turn is added to the first if
     * that is the last in the outbox; else the first is sent at once, by send(2).
     *
     * What was promised and does not fit (the peer does not read) is `unsent`: it goes before
     * anything else, as soon as the socket takes it, and until then the socket takes nothing. An
     * error is told to the next who sends. Where one is to be expected, as the stream from the
     * peer has ended or this one was shut down, sends are made at once and say so themselves.
     *
     * A socket is closed by the same call, or as soon as it is known what came of what it sent.
     * If something is `unsent` by then, it lingers: a socket of nobody has its number until that
     * is sent.
     */

    /// What one submission asks for at most.
    static final int REQUESTS_MAX = 2;

    /// The result of a send that is to be made by send(2).
    static final int NOT_TAKEN = Integer.MIN_VALUE;

    private static final int BYTES_MAX = 16 * 1024;     // more is not worth the copy
    private static final int NONE = -1;

    private final UringPoller poller;
    private EpollSocket socket;
    private int slot = NONE;            // in the outbox that is filled
    private int start;
    private int length;
    private boolean isSubmitted;        // and not yet known what came of it
    private int submission;             // with that the ring had been asked for so much
    private byte @Nullable [] unsent;
    private int failure;                // -errno, or 0
    private int closing = NONE;         // the number to be closed
    private boolean isConnecting;
    private boolean wasCalledOff;       // connecting: what the ring says of it comes later, so
                                        // that this socket connects without it from then on
    private boolean closeIsAsked;
    private boolean isShut;             // to be shut down behind what is unsent
    private boolean aborts;
    private boolean discards;
    private boolean lingers;
    private boolean sendsAtOnce;

    RingOutflow(UringPoller poller, EpollSocket socket) {
        this.poller = poller;
        this.socket = socket;
    }

    /// Takes bytes to send: how many, `-errno`, or `NOT_TAKEN`.
    int send(int fd, byte[] array, int offset, int size) {
        if (isBehind() && !catchUp(fd)) return -Errno.EAGAIN;
        if (failure < 0) return takeFailure();
        RingOutbox box = poller.outbox();
        if (size <= BYTES_MAX - length && !sendsAtOnce && poller.hasRing() && box.hasRoom(size)) {
            if (slot == NONE) {
                slot = box.add(this);
                start = box.end();
            }
            if (start + length == box.end()) {
                box.put(array, offset, size);
                length += size;
                return size;
            }
        }
        int result = settle(fd);
        return result < 0 ? result : NOT_TAKEN;
    }

    /// From now on sends may be expected to fail, which is to be told at once.
    void sendAtOnce() {
        sendsAtOnce = true;
    }

    /// Whether something is to be sent.
    boolean isSending() {
        return length > 0 || unsent != null;
    }

    /// Whether the socket takes nothing for the moment.
    boolean isBehind() {
        return unsent != null || isSubmitted;
    }

    /// Sends what is queued, so that what follows stands behind it: 0, or `-errno`, `-EAGAIN`
    /// if the socket does not take it now.
    int settle(int fd) {
        push(fd);
        return !catchUp(fd) ? -Errno.EAGAIN : takeFailure();
    }

    /// Sends what is queued, as far as the socket takes it.
    void push(int fd) {
        if (slot != NONE) sendNow(fd, poller.outbox());
        if (unsent != null && closing == NONE) socket.watchWriting();
    }

    private void sendNow(int fd, RingOutbox box) {
        if (length == 0) return;
        MemorySegment bytes = box.memory.asSlice(start, length);
        int result;
        do result = poller.calls.send(fd, bytes, length);
        while (result == -Errno.EINTR);
        if (result < length) sent(result, box);
        length = 0;
    }

    /// Sends what is unsent. False if the socket takes nothing as yet.
    boolean catchUp(int fd) {
        while (unsent != null) {
            int result = poller.calls.send(fd, unsent, 0, unsent.length);
            if (result == -Errno.EAGAIN) return false;
            if (result >= 0) {
                unsent = rest(unsent, result);
            } else if (result != -Errno.EINTR) {
                failure = result;
                if (isForLater(result) && !lingers) return true;    // who sends next tries again
                unsent = null;
            }
        }
        if (isShut) poller.calls.shutdown(fd, SystemCalls.SHUT_WR);
        isShut = false;
        if (lingers) socket.close();
        return !isSubmitted;
    }

    private int takeFailure() {
        int result = failure;
        failure = 0;
        return result;
    }

    private static byte @Nullable [] rest(byte[] bytes, int from) {
        if (from == bytes.length) return null;
        byte[] rest = new byte[bytes.length - from];
        System.arraycopy(bytes, from, rest, 0, rest.length);
        return rest;
    }

    private static boolean isForLater(int result) {
        return switch (-result) {
            case Errno.EAGAIN, Errno.EINTR, Errno.ENOBUFS, Errno.ENOMEM, Errno.ECANCELED -> true;
            default -> false;
        };
    }

    /// shutdown(2) of the direction of sending, behind what is queued.
    int shutdown(int fd) {
        isShut = true;
        sendsAtOnce = true;
        int result = settle(fd);
        return result == -Errno.EAGAIN ? 0 : result;
    }

    /// Closing it is to drop what is not sent.
    void aborts(boolean whether) {
        aborts = whether;
    }

    /// Closes `fd`. What has come is thrown away first: the system answers bytes that nobody
    /// received with a reset, which may cost the peer what was sent to it last.
    void close(int fd) {
        closing = fd;
        discards = !aborts && !sendsAtOnce;
        if (aborts) {
            push(fd);
            unsent = null;
        }
        failure = 0;                    // there is nobody to be told
        if (unsent != null || !poller.submitsMore()) closeNow();
        else if (slot == NONE && !isSubmitted) slot = poller.outbox().add(this);
    }

    /// The number is another's: nothing is sent by it.
    void abandon() {
        callOffConnecting();
        length = 0;
        unsent = null;
    }

    // ---- Connecting

    /// Begins to connect: 0, or `-errno` if `remote` cannot be an address of that family.
    int connect(SocketAddress remote, Family family) {
        isConnecting = true;
        int result = poller.connectOn(socket, remote, family);
        if (result < 0) isConnecting = false;
        return result;
    }

    boolean canConnect() {
        return !wasCalledOff && poller.isEntered();
    }

    boolean isConnecting() {
        return isConnecting;
    }

    void connected(int result) {
        if (!isConnecting) return;
        isConnecting = false;
        socket.connected(result);
    }

    void callOffConnecting() {
        if (!isConnecting) return;
        isConnecting = false;
        wasCalledOff = true;
        poller.callOffNow(socket, UringPoller.CONNECT);
    }

    // ---- The outbox is submitted

    /// Asks `ring` for what is queued in that slot of `box`. Returns whether the number is to
    /// be closed when it is known what came of that.
    boolean ask(Ring ring, RingOutbox box, int slot) {
        this.slot = NONE;
        isSubmitted = true;
        closeIsAsked = closing != NONE && length == 0;
        if (discards) {
            long at = ring.ask(Ring.OP_RECV, closing, 0, box.memory.address() + box.end(),
                    RingOutbox.SPARE_BYTES, SystemCalls.MSG_DONTWAIT, 0);
            ring.flag(at, Ring.SQE_SKIP_SUCCESS);
        }
        if (length > 0) {
            long at = ring.ask(Ring.OP_SEND, fd(), 0, box.memory.address() + start, length,
                    SystemCalls.MSG_NOSIGNAL | SystemCalls.MSG_DONTWAIT | SystemCalls.MSG_WAITALL,
                    UringPoller.SEND | slot);
            ring.flag(at, Ring.SQE_SKIP_SUCCESS);
        }
        if (closeIsAsked)
            ring.flag(ring.ask(Ring.OP_CLOSE, closing, 0, 0, 0, 0, 0), Ring.SQE_SKIP_SUCCESS);
        submission = ring.count();
        return closing != NONE && !closeIsAsked;
    }

    private int fd() {
        return closing == NONE ? socket.fd() : closing;
    }

    /// What was submitted was not sent, or not all of it.
    void sent(int result, RingOutbox box) {
        int done = Math.max(result, 0);
        if (result >= 0 || isForLater(result)) unsent = box.bytes(start + done, length - done);
        else failure = result;
    }

    /// Whether the socket is nobody's, and there is something to send before it is closed.
    boolean isLingering() {
        return lingers;
    }

    /// All is known of what was submitted.
    void decided() {
        isSubmitted = false;
        length = 0;
        if (closing != NONE) {
            if (!closeIsAsked) closeNow();
        } else if (unsent != null) {
            socket.watchWriting();
        } else {
            socket.takesMore();
        }
    }

    private void closeNow() {
        if (unsent == null || aborts || poller.isClosed()) {
            poller.calls.close(closing);
            return;
        }
        lingers = true;
        socket = poller.socket(closing, Family.INET);
        closing = NONE;
        socket.lingersBy(this);
    }

    /// Whether the kernel has taken all that `ring` was asked for.
    boolean isTaken(Ring ring) {
        return isSubmitted && ring.hasTaken(submission);
    }

    /// The ring that was to do it does nothing: it is done at once.
    void doneWithoutRing(RingOutbox box) {
        slot = NONE;
        isSubmitted = false;
        sendNow(fd(), box);
        if (closing != NONE) closeNow();
        else if (unsent != null) socket.watchWriting();
    }
}

package jloop.kernel;

import org.jspecify.annotations.Nullable;

/// What a ring has received for one socket, or accepted, ahead of whoever asks for it.
final class RingInflow {

    /*
     * The first wait has the kernel receive, once and for all ("multishot"): it goes on by
     * itself, into buffers of its choice, until the stream ends or fails, there is no buffer
     * left, or it is called off. Whoever waits is told that something has come, and takes it
     * from here. A wait that is cancelled has taken nothing; what comes then stays here.
     *
     * Nobody may call recv(2) meanwhile: it would get what comes after what is here.
     *
     * What comes while nobody reads ends at AHEAD_MAX: then the receive is called off, and the
     * next bytes stay in the kernel, whose window closes. It is asked for again by the first wait
     * that finds nothing here. The same of a listener and CONNECTIONS_MAX.
     *
     * Nothing that the kernel has done is dropped: what it did before it heard of the cancelling
     * comes in the order in which it was done.
     */

    private static final int AHEAD_MAX = 64 * 1024;
    private static final int CONNECTIONS_MAX = 16;
    private static final int OPEN = 1;
    private static final int[] NONE = {};

    private final UringPoller poller;
    private final EpollSocket socket;
    private boolean listens;
    private boolean isArmed;
    private boolean isCalledOff;
    private int ending = OPEN;          // 0 or -errno: comes after what is here
    private int[] items = NONE;         // of each buffer its number and its bytes; connections
    private int first;
    private int count;                  // of the numbers in `items`
    private int taken;                  // of the first buffer's bytes
    private int size;                   // of what the buffers hold
    private byte @Nullable [] kept;     // what was moved out of the buffers: the first to be taken
    private int keptTaken;

    RingInflow(UringPoller poller, EpollSocket socket) {
        this.poller = poller;
        this.socket = socket;
    }

    void becomesListener() {
        listens = true;
    }

    /// Whether a connection is received from, or was until its end.
    boolean isReceiving() {
        return !listens && (isArmed || ending == 0);
    }

    /// Whether there is something to take.
    boolean hasCome() {
        return count > 0 || ending != OPEN || kept != null;
    }

    /// Whether whoever wants to receive has to do it here.
    boolean isAhead() {
        return isArmed || hasCome();
    }

    /// What comes from now on is told. False if there is no ring to tell it.
    boolean arm() {
        // If it was called off, its end has this looked at again.
        if (!isArmed) isArmed = listens ? poller.acceptOn(socket) : poller.receiveOn(socket);
        return isArmed;
    }

    private void callOff() {
        if (!isArmed || isCalledOff) return;
        isCalledOff = true;
        poller.callOff(socket, listens ? UringPoller.ACCEPT : UringPoller.RECEIVE);
    }

    // ---- What the ring tells

    void received(int result, int flags) {
        if ((flags & Ring.CQE_F_MORE) == 0) disarmed();
        if (result > 0) {
            add(flags >>> 16);
            add(result);
            size += result;
        } else {
            if ((flags & Ring.CQE_F_BUFFER) != 0) poller.give(flags >>> 16);
            if (result == -Errno.ENOBUFS) poller.makeRoom();
            else if (result != -Errno.ECANCELED) end(result);
        }
        tell();
        if (size + keptSize() > AHEAD_MAX) callOff();
    }

    void accepted(int result, int flags) {
        if ((flags & Ring.CQE_F_MORE) == 0) disarmed();
        if (result >= 0) add(result);
        else if (result != -Errno.ECANCELED && !EpollSocket.isOfOneConnection(-result))
            ending = result;
        tell();
        if (count > CONNECTIONS_MAX) callOff();
    }

    private void end(int result) {
        ending = result;
        socket.inflowHasEnded();
    }

    private void disarmed() {
        isArmed = false;
        isCalledOff = false;
    }

    private void tell() {
        if (!socket.isReading()) return;
        if (hasCome()) socket.hasCome();
        else arm();
    }

    private void add(int number) {
        if (first + count == items.length) {
            int[] to = first > 0 ? items : new int[Math.max(2, 2 * count)];
            System.arraycopy(items, first, to, 0, count);
            items = to;
            first = 0;
        }
        items[first + count++] = number;
    }

    // ---- What is taken

    /// As recv(2) of a socket that never waits.
    int take(byte[] array, int offset, int length) {
        int total = kept == null ? 0 : takeKept(kept, array, offset, length);
        while (count > 0 && total < length) {
            int id = items[first];
            int part = Math.min(items[first + 1] - taken, length - total);
            poller.buffers().copy(id, taken, array, offset + total, part);
            total += part;
            taken += part;
            if (taken == items[first + 1]) passOn(id);
        }
        return total > 0 || length == 0 ? total : end();
    }

    private void passOn(int id) {
        size -= taken;
        taken = 0;
        first += 2;
        count -= 2;
        if (count == 0) first = 0;
        poller.give(id);
    }

    private int takeKept(byte[] from, byte[] array, int offset, int length) {
        int part = Math.min(from.length - keptTaken, length);
        System.arraycopy(from, keptTaken, array, offset, part);
        keptTaken += part;
        if (keptTaken == from.length) {
            kept = null;
            keptTaken = 0;
        }
        return part;
    }

    private int end() {
        if (ending == 0) return 0;
        int result = ending == OPEN ? -Errno.EAGAIN : ending;
        ending = OPEN;                  // an error the kernel tells once, then it is the end
        return result;
    }

    /// As accept(2) of a listener that never waits.
    int takeConnection() {
        if (count == 0) return end();
        int fd = items[first++];
        if (--count == 0) first = 0;
        return fd;
    }

    /// Moves what is here out of the buffers, for others to receive into.
    void keep() {
        if (listens || count == 0) return;
        byte[] all = new byte[keptSize() + size - taken];
        take(all, 0, all.length);
        kept = all;
        keptTaken = 0;
    }

    private int keptSize() {
        return kept == null ? 0 : kept.length - keptTaken;
    }

    /// There is no ring any more: nothing is under way.
    void leavesRing() {
        disarmed();
    }

    /// It is closed: what has come is for nobody.
    void drop() {
        if (listens) dropConnections();
        else callOff();
        while (count > 0) {
            taken = items[first + 1];
            passOn(items[first]);
        }
        kept = null;
    }

    private void dropConnections() {
        if (isArmed) poller.callOffNow(socket, UringPoller.ACCEPT);
        for (; count > 0; count--) poller.calls.close(items[first++]);
    }
}

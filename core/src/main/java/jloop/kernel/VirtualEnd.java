package jloop.kernel;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// One end of a connection between two virtual sockets.
final class VirtualEnd {

    /*
     * Each end holds the bytes that wait to be received there. An end exists from the moment that
     * the connection enters a backlog; the server's gets its socket when it is accepted.
     *
     * What the other end does to this one:
     *   shutdownOutput()                    inputEnded
     *   close(), all bytes received         inputEnded, and sending leads nowhere
     *   close() otherwise, or with LINGER 0 reset
     * After a reset the bytes that arrived before it can still be received, then comes ECONNRESET,
     * once, then the end of the stream (linux: tcp_reset, tcp_recvmsg).
     *
     * Each change that lets an operation go on tells the socket that it applies to; nothing is
     * completed here.
     */

    private final SocketAddress local;
    private final SocketAddress remote;
    private final VirtualEnd peer;
    private final ByteRing received;
    private @Nullable VirtualSocket socket;     // null: in a backlog, or closed
    private int error;          // below zero: the next call reports it, once
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean reset;
    private boolean closed;
    private boolean endsPipe;   // it is the one to read from

    /// The end that connects. [#peer()] is the one to accept.
    VirtualEnd(VirtualSocket socket, SocketAddress local, SocketAddress remote, int limitBytes) {
        this.socket = socket;
        this.local = local;
        this.remote = remote;
        this.received = new ByteRing(limitBytes);
        this.peer = new VirtualEnd(this, limitBytes);
    }

    private VirtualEnd(VirtualEnd peer, int limitBytes) {
        this.local = peer.remote;
        this.remote = peer.local;
        this.received = new ByteRing(limitBytes);
        this.peer = peer;
    }

    SocketAddress local() {
        return local;
    }

    SocketAddress remote() {
        return remote;
    }

    VirtualEnd peer() {
        return peer;
    }

    void accepted(VirtualSocket by) {
        socket = by;
    }

    /// Nothing is sent from here, and what is left here in the end is nobody's loss.
    void makePipe() {
        endsPipe = true;
        outputEnded = true;
    }

    boolean isReadable() {
        return !received.isEmpty() || error != 0 || inputEnded;
    }

    boolean isWritable() {
        return error != 0 || outputEnded || peer.closed || !peer.received.isFull();
    }

    /// How many bytes were sent, or `-errno`.
    int send(byte[] array, int offset, int length) {
        if (error != 0) return takeError();
        if (outputEnded) return -Errno.EPIPE;
        if (peer.closed) return sendToClosed(length);
        int count = peer.received.put(array, offset, length);
        if (count == 0 && length > 0) return -Errno.EAGAIN;
        peer.mayRead();
        return count;
    }

    /// Over TCP the first send succeeds, and the peer's answer to it breaks the connection; a
    /// UNIX socket knows at once.
    private int sendToClosed(int length) {
        outputEnded = true;
        return local instanceof InetSocketAddress ? length : -Errno.EPIPE;
    }

    /// How many bytes were received, 0 at the end of the stream, or `-errno`.
    int receive(byte[] array, int offset, int length) {
        int count = received.take(array, offset, length);
        if (count > 0) {
            peer.mayWrite();
            return count;
        }
        if (error != 0) return takeError();
        return inputEnded || length == 0 ? 0 : -Errno.EAGAIN;
    }

    private int takeError() {
        int taken = error;
        error = 0;
        return taken;
    }

    int shutdownOutput() {
        if (reset) return -Errno.ENOTCONN;
        outputEnded = true;
        mayWrite();
        peer.inputEnded = true;
        peer.mayRead();
        return 0;
    }

    /// Closes this end. `abruptly`: as with LINGER 0.
    void close(boolean abruptly) {
        closed = true;
        socket = null;
        if (abruptly || !received.isEmpty() && !endsPipe) peer.breakOff();
        peer.inputEnded = true;
        peer.mayRead();
        peer.mayWrite();
    }

    private void breakOff() {
        reset = true;
        outputEnded = true;
        // Who has seen the end of the stream learns of a reset by sending (EPIPE).
        if (!inputEnded) error = -Errno.ECONNRESET;
    }

    private void mayRead() {
        if (socket != null) socket.mayRead();
    }

    private void mayWrite() {
        if (socket != null) socket.mayWrite();
    }
}

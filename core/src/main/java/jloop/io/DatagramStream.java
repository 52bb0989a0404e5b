package jloop.io;

import java.io.IOException;
import java.net.SocketAddress;
import jloop.Datagram;
import jloop.EventLoop;
import jloop.Lock;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// An endpoint of datagrams for coroutines: [#receive()] waits for one, [#send] waits for room.
///
/// What has come and was not received waits in the system, as much as SO_RCVBUF says; over UDP
/// the system drops what comes then. A reader that is slow costs no memory.
///
/// **As in asyncio**: nothing; it has datagrams for protocols alone.
public final class DatagramStream implements AutoCloseable {

    private static final int RECEIVE_MAX = 256 * 1024;

    private final EventLoop loop;
    private final DatagramRoute route;
    private final Socket socket;
    private final Lock sending = new Lock();    // who waits for room has others wait behind it

    /// One for the socket of `route`, which is its own from now on.
    DatagramStream(EventLoop loop, DatagramRoute route) {
        this.loop = loop;
        this.route = route;
        this.socket = route.socket().detach("a datagram stream");
    }

    /// Waits for a datagram, which may be empty. It is whole, unless a UNIX socket sends more
    /// than 256 KiB ([Datagram#isTruncated()]).
    ///
    /// **Errors**: ConnectException if what was sent met nobody, which only a stream with a
    /// remote address is told; other IOExceptions. The stream goes on after either.
    /// SocketException if it is closed; IllegalStateException if another task receives.
    /// **Cancellation**: nothing is lost, what comes is received next.
    public Datagram receive() throws IOException {
        return loop.sockRecvfrom(socket, RECEIVE_MAX);
    }

    /// [#send(byte[], SocketAddress)] to the remote address of the stream.
    public void send(byte[] data) throws IOException {
        send(data, null);
    }

    /// Sends `data`, be it empty, as one datagram to `address`, null for the remote address of
    /// the stream. Waits if the system has no room; several tasks may.
    ///
    /// **Errors**: IllegalArgumentException if the stream has a remote address and `address` is
    /// another, if it has none and `address` is null, or if `address` is not resolved;
    /// IOException, which may tell of a datagram that was sent before (a ConnectException).
    /// **Cancellation**: it was sent or not.
    public void send(byte[] data, @Nullable SocketAddress address) throws IOException {
        SocketAddress to = route.to(address);
        sending.acquire();
        try {
            loop.sockSendto(socket, data, 0, data.length, to);
        } finally {
            sending.release();
        }
    }

    /// How many datagrams were dropped so far, as nobody received those before them; -1 if the
    /// system does not tell, as by java.nio.
    public long dropped() {
        return socket.dropped();
    }

    /// The address it is bound to, or null if there is none yet.
    public @Nullable SocketAddress localAddress() {
        return socket.localAddress();
    }

    /// The only address that it sends to, or null if to any.
    public @Nullable SocketAddress remoteAddress() {
        return route.remote();
    }

    /// The socket, which tells addresses and sets options but sends nothing.
    public Socket socket() {
        return route.socket();
    }

    /// Closes it. A task that waits gets a SocketException. Closing again does nothing.
    @Override
    public void close() {
        socket.close();
    }

    @Override
    public String toString() {
        return "<DatagramStream fd=" + socket.fileno() + " remote=" + route.remote() + ">";
    }
}

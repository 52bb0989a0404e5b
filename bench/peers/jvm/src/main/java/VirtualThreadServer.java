import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// `VirtualThreadServer echo|sink|http ADDRESS channel|socket`: blocking calls of the JDK, a
/// virtual thread for each connection. `socket` is java.net's, for `echo` and `sink` at a port.
final class VirtualThreadServer {

    /// What a connection holds until a read fills it. A quiet one stays cheap, and a busy one
    /// reads as much at once as the other servers do.
    private static final int FIRST_BYTES = 4096;

    private static final int FULL_BYTES = 65536;

    private VirtualThreadServer() {}

    public static void main(String[] args) throws Exception {
        // The thread that accepts is a virtual one too: one carrier does all the work.
        Thread.ofVirtual().start(() -> {
            try {
                if (args[2].equals("socket")) acceptSockets(args[0], args[1]);
                else acceptChannels(args[0], args[1]);
            } catch (IOException failure) {
                System.err.println(failure);
                System.exit(1);
            }
        }).join();
    }

    private static void acceptChannels(String kind, String address) throws IOException {
        boolean unix = Address.isUnix(address);
        var family = unix ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET;
        var listener = ServerSocketChannel.open(family).bind(Address.of(address), Address.BACKLOG);
        while (true) {
            var channel = listener.accept();
            if (!unix) channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Thread.startVirtualThread(() -> serve(channel, kind));
        }
    }

    private static void serve(SocketChannel channel, String kind) {
        try (channel) {
            switch (kind) {
                case "echo" -> echo(channel);
                case "sink" -> sink(channel);
                case "http" -> http(channel);
                default -> throw new IllegalArgumentException("no kind " + kind);
            }
        } catch (IOException peerIsGone) {
            // closed by the try
        }
    }

    private static void echo(SocketChannel channel) throws IOException {
        var buffer = ByteBuffer.allocateDirect(FIRST_BYTES);
        while (channel.read(buffer) >= 0) {
            boolean full = !buffer.hasRemaining();
            writeAll(channel, buffer.flip());
            buffer = full ? atFullSize(buffer) : buffer;
            buffer.clear();
        }
    }

    private static void sink(SocketChannel channel) throws IOException {
        var buffer = ByteBuffer.allocateDirect(FIRST_BYTES);
        while (channel.read(buffer) >= 0) {
            if (!buffer.hasRemaining()) buffer = atFullSize(buffer);
            buffer.clear();
        }
    }

    private static void http(SocketChannel channel) throws IOException {
        var buffer = ByteBuffer.allocateDirect(FIRST_BYTES);
        var response = Requests.response();
        var requests = new Requests();
        while (channel.read(buffer) >= 0) {
            for (int left = requests.endIn(buffer.flip()); left > 0; left--) {
                writeAll(channel, response.rewind());
            }
            buffer.clear();
        }
    }

    private static void writeAll(SocketChannel channel, ByteBuffer data) throws IOException {
        while (data.hasRemaining()) channel.write(data);
    }

    private static ByteBuffer atFullSize(ByteBuffer buffer) {
        return buffer.capacity() == FULL_BYTES ? buffer : ByteBuffer.allocateDirect(FULL_BYTES);
    }

    private static void acceptSockets(String kind, String address) throws IOException {
        var listener = new ServerSocket();
        listener.bind((InetSocketAddress) Address.of(address), Address.BACKLOG);
        while (true) {
            var socket = listener.accept();
            socket.setTcpNoDelay(true);
            Thread.startVirtualThread(() -> serve(socket, kind.equals("echo")));
        }
    }

    private static void serve(Socket socket, boolean echo) {
        try (socket) {
            var in = socket.getInputStream();
            var out = socket.getOutputStream();
            var bytes = new byte[FIRST_BYTES];
            for (int count; (count = in.read(bytes)) >= 0; ) {
                if (echo) out.write(bytes, 0, count);
                if (count == FIRST_BYTES) bytes = new byte[FULL_BYTES];
            }
        } catch (IOException peerIsGone) {
            // closed by the try
        }
    }
}

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// `SelectorServer echo|sink|http ADDRESS`: the JDK's selector and nothing else, the least that
/// an event loop in Java can cost.
final class SelectorServer {

    private final String kind;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener;
    private final boolean tcp;

    /// One buffer for all: what was read has been used before the next read.
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(65536);

    private final ByteBuffer response = Requests.response();

    /// What is kept of a connection between turns.
    private static final class Connection {
        final Requests requests = new Requests();
        ByteBuffer unsent; // null: nothing, and it reads
    }

    private SelectorServer(String kind, String address) throws IOException {
        this.kind = kind;
        tcp = !Address.isUnix(address);
        var family = tcp ? StandardProtocolFamily.INET : StandardProtocolFamily.UNIX;
        listener = ServerSocketChannel.open(family).bind(Address.of(address), Address.BACKLOG);
        listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
    }

    public static void main(String[] args) throws IOException {
        var server = new SelectorServer(args[0], args[1]);
        while (true) server.selector.select(server::ready);
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) accept();
            else if (key.isWritable()) writeUnsent(key);
            else read(key);
        } catch (IOException peerIsGone) {
            close(key);
        }
    }

    private void accept() throws IOException {
        for (SocketChannel channel; (channel = listener.accept()) != null; ) {
            channel.configureBlocking(false);
            if (tcp) channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.register(selector, SelectionKey.OP_READ, new Connection());
        }
    }

    /// Reads once: the selector tells again of what is left, after the others had their turn.
    private void read(SelectionKey key) throws IOException {
        var channel = (SocketChannel) key.channel();
        if (channel.read(buffer.clear()) < 0) {
            close(key);
            return;
        }
        switch (kind) {
            case "echo" -> write(key, buffer.flip());
            case "http" -> {
                var requests = ((Connection) key.attachment()).requests;
                int ended = requests.endIn(buffer.flip());
                if (ended > 0) write(key, responses(ended));
            }
            default -> {} // a sink
        }
    }

    private ByteBuffer responses(int count) {
        if (count == 1) return response.rewind();
        var all = ByteBuffer.allocateDirect(count * response.capacity());
        for (int i = 0; i < count; i++) all.put(response.rewind());
        return all.flip();
    }

    /// Writes what the socket takes now; reading stops until the rest is out.
    private static void write(SelectionKey key, ByteBuffer data) throws IOException {
        ((SocketChannel) key.channel()).write(data);
        if (!data.hasRemaining()) return;
        var unsent = ByteBuffer.allocateDirect(data.remaining()).put(data).flip();
        ((Connection) key.attachment()).unsent = unsent;
        key.interestOps(SelectionKey.OP_WRITE);
    }

    private static void writeUnsent(SelectionKey key) throws IOException {
        var connection = (Connection) key.attachment();
        ((SocketChannel) key.channel()).write(connection.unsent);
        if (connection.unsent.hasRemaining()) return;
        connection.unsent = null;
        key.interestOps(SelectionKey.OP_READ);
    }

    private static void close(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException closedAnyway) {
            // nothing is left of it
        }
    }
}

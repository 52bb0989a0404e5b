package jloop.io;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import jloop.Context;
import jloop.Datagram;
import jloop.DatagramTruncatedException;
import jloop.EventLoop;
import jloop.Future;
import jloop.Socket;
import jloop.TimerHandle;
import org.jspecify.annotations.Nullable;

/// A [DatagramTransport] over a datagram socket.
final class DatagramSocketTransport implements DatagramTransport, FlowControl.Writer {

    /*
     * The phases are those of SocketTransport:
     *
     *   NEW ──connected──▶ OPEN ──close──▶ CLOSING ──all sent──▶ LOST ──connectionLost──▶ CLOSED
     *    └──────close────────────────────────▲                    ▲
     *                 abort, connectionMade fails ────────────────┘
     *
     * While something is kept, there is a writer, or a timer where no writer is told of room
     * (Socket.tellsOfRoom). All that the protocol is told by the loop is told in `context`.
     */
    private enum Phase { NEW, OPEN, CLOSING, LOST, CLOSED }

    private static final int RECEIVE_MAX = 256 * 1024;
    private static final int LOST_WRITES_TO_WARN = 5;
    private static final Duration ROOM_PAUSE = Duration.ofMillis(1);

    private final EventLoop loop;
    private final DatagramRoute route;
    private final Socket view;          // for users
    private final Socket socket;
    private final Context context = Context.copyContext();
    private final DatagramQueue unsent = new DatagramQueue();
    private final FlowControl flow;
    private @Nullable DatagramProtocol protocol;    // null: its factory failed
    private Phase phase = Phase.NEW;
    private int lostWrites;
    private @Nullable TimerHandle retry;

    /// One for the socket of `route`, which is its own from now on.
    DatagramSocketTransport(EventLoop loop, DatagramRoute route) {
        this.loop = loop;
        this.route = route;
        this.view = route.socket();
        this.socket = view.detach("a transport");
        this.flow = new FlowControl(loop, this);
    }

    /// Has `made` told of the endpoint soon. The future is done when it was.
    @SuppressWarnings("NullAway")           // Void has no other value
    Future<Void> begin(DatagramProtocol made) {
        protocol = made;
        Future<Void> told = loop.createFuture();
        loop.callSoon(() -> {
            connected(made);
            if (!told.done()) told.setResult(null);
        }, context);
        return told;
    }

    private void connected(DatagramProtocol told) {
        if (phase == Phase.NEW) phase = Phase.OPEN;
        try {
            told.connectionMade(this);
        } catch (Throwable e) {             // all: it was never set up
            if (!(e instanceof IOException)) report("connectionMade of a protocol failed", e);
            end(e);
        }
        if (phase == Phase.OPEN) loop.addReader(socket, this::readable, context);
    }

    // ---- Receiving

    /// Called in each turn in which there is something to receive.
    private void readable() {
        Datagram received;
        try {
            received = socket.receiveFromNow(RECEIVE_MAX);
            if (received == null || protocol == null) return;
            if (received.isTruncated()) throw new DatagramTruncatedException(received);
        } catch (IOException e) {
            failed(e);
            return;
        }
        try {
            protocol.datagramReceived(ByteBuffer.wrap(received.data()), received.from());
        } catch (Throwable e) {             // all: it was told, and the endpoint lives on
            report("datagramReceived of a protocol failed", e);
        }
    }

    private void failed(IOException failure) {
        try {
            if (protocol != null) protocol.errorReceived(failure);
        } catch (Throwable e) {             // all: it was told, and the endpoint lives on
            report("errorReceived of a protocol failed", e);
        }
    }

    // ---- Sending

    @Override
    public void sendto(ByteBuffer data, @Nullable SocketAddress address) {
        SocketAddress to = route.to(address);
        if (!takes(data.remaining())) return;
        ByteBuffer taken = data.slice();
        data.position(data.limit());
        boolean isFirst = unsent.isEmpty();
        try {
            if (isFirst && sendNow(taken, to)) return;
        } catch (IOException e) {
            failed(e);
            return;
        }
        unsent.add(taken, to);
        if (isFirst) awaitRoom();
        flow.pauseIfMuch(unsent.sizeBytes());
    }

    /// Of a slice, which it leaves as it is.
    private boolean sendNow(ByteBuffer data, @Nullable SocketAddress to) throws IOException {
        if (!data.hasArray()) {
            byte[] copy = new byte[data.remaining()];
            data.get(0, copy);
            return socket.sendToNow(copy, 0, copy.length, to);
        }
        return socket.sendToNow(data.array(), data.arrayOffset(), data.remaining(), to);
    }

    private boolean takes(int length) {
        if (phase.compareTo(Phase.LOST) < 0) {
            flow.rejectOverflow(unsent.sizeBytes(), length);
            return true;
        }
        if (++lostWrites >= LOST_WRITES_TO_WARN)
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "still sending by {0}, which is closed", this);
        return false;
    }

    private void awaitRoom() {
        if (socket.tellsOfRoom()) loop.addWriter(socket, this::sendUnsent, context);
        else retry = loop.callLater(ROOM_PAUSE, this::sendUnsent, context);
    }

    /// Called when there may be room, while some are kept.
    private void sendUnsent() {
        boolean hasRoom = true;
        for (DatagramQueue.Unsent next; hasRoom && (next = unsent.first()) != null; )
            hasRoom = sendKept(next);
        flow.resumeIfLittle(unsent.sizeBytes());        // may send more
        if (phase.compareTo(Phase.LOST) >= 0) return;
        if (!unsent.isEmpty()) {
            if (retry != null) awaitRoom();
            return;
        }
        stopSending();
        if (phase == Phase.CLOSING) lose(null);
    }

    /// False if it has to wait. One that fails is sent no more.
    private boolean sendKept(DatagramQueue.Unsent next) {
        try {
            if (!socket.sendToNow(next.data(), 0, next.data().length, next.to())) return false;
            unsent.removeFirst();
        } catch (IOException e) {
            unsent.removeFirst();
            failed(e);
        }
        return true;
    }

    private void stopSending() {
        if (retry == null) loop.removeWriter(socket);
        else retry.cancel();
        retry = null;
    }

    @Override
    public void pauseWriting() throws Exception {
        if (protocol != null) protocol.pauseWriting();
    }

    @Override
    public void resumeWriting() throws Exception {
        if (protocol != null) protocol.resumeWriting();
    }

    @Override
    public void setWriteBufferLimits(@Nullable Integer high, @Nullable Integer low) {
        flow.limit(WriteBufferLimits.of(high, low), unsent.sizeBytes());
    }

    @Override
    public WriteBufferLimits getWriteBufferLimits() {
        return flow.limits();
    }

    @Override
    public void setWriteBufferMax(int maxBytes) {
        flow.bound(maxBytes);
    }

    @Override
    public int getWriteBufferMax() {
        return flow.maxBytes();
    }

    @Override
    public void setAbortOnOverflow(boolean aborts) {
        flow.abortOnOverflow(aborts);
    }

    @Override
    public int getWriteBufferSize() {
        return unsent.sizeBytes();
    }

    // ---- The end

    @Override
    public void close() {
        if (isClosing()) return;
        if (phase == Phase.OPEN) loop.removeReader(socket);
        phase = Phase.CLOSING;
        if (unsent.isEmpty()) lose(null);
    }

    @Override
    public void abort() {
        end(null);
    }

    @Override
    public boolean isClosing() {
        return phase.compareTo(Phase.CLOSING) >= 0;
    }

    private void end(@Nullable Throwable why) {
        if (phase.compareTo(Phase.LOST) >= 0) return;
        if (phase == Phase.OPEN) loop.removeReader(socket);
        if (!unsent.isEmpty()) stopSending();
        unsent.clear();
        lose(why);
    }

    /// Nothing is sent or received any more; the protocol is told soon.
    private void lose(@Nullable Throwable why) {
        phase = Phase.LOST;
        loop.callSoon(() -> {
            tellLost(why);
            phase = Phase.CLOSED;
            socket.close();
        }, context);
    }

    private void tellLost(@Nullable Throwable why) {
        try {
            if (protocol != null) protocol.connectionLost(why);
        } catch (Throwable e) {             // all: it was told, and that was the last
            report("connectionLost of a protocol failed", e);
        }
    }

    private void report(String message, Throwable thrown) {
        Service.report(loop, message, thrown, this);
    }

    // ---- What there is to know

    @Override
    public void setProtocol(DatagramProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public DatagramProtocol getProtocol() {
        if (protocol == null) throw new IllegalStateException("there is no protocol");
        return protocol;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
        return switch (name) {
            case "peername" -> route.isConnected() ? route.remote() : null;
            case "sockname" -> socket.localAddress();
            case "socket" -> view;
            default -> null;
        };
    }

    @Override
    public String toString() {
        return "<DatagramTransport " + phase.name().toLowerCase(Locale.ROOT)
                + " fd=" + socket.fileno() + " remote=" + route.remote()
                + " unsent=" + unsent.sizeBytes() + ">";
    }
}

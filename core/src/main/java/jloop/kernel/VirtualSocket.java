package jloop.kernel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.EnumMap;
import java.util.Map;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import org.jspecify.annotations.Nullable;

/// A socket of a [VirtualPoller], all in memory.
final class VirtualSocket extends Descriptor {

    /*
     *   Fresh ──listen──▶ Listening
     *   Fresh ──connect, room in the backlog──▶ Connected
     *   Fresh ──connect, none──▶ Connecting ──establish()──▶ Connected
     *                            Connecting ──refused(), cancel──▶ Fresh
     *   any ──close──▶ Closed
     *
     *   Mail ──close──▶ Closed
     *
     * A socket of datagrams is Mail from the start; an accepted socket and both ends of a pipe
     * are Connected from the start. One that found no number is Closed.
     */
    private sealed interface State { }

    private record Fresh() implements State { }

    private record Listening(VirtualListener queue) implements State { }

    private record Connecting(VirtualListener queue, SocketAddress to) implements State { }

    private record Connected(VirtualEnd end) implements State { }

    private record Mail(VirtualMailbox box) implements State { }

    private record Closed() implements State { }

    private static final InetAddress IPV4_ANY = InetAddress.ofLiteral("0.0.0.0");
    private static final InetAddress IPV6_ANY = InetAddress.ofLiteral("::");
    private static final SocketAddress UNNAMED = UnixDomainSocketAddress.of("");

    // A packet less its headers; over UNIX what the usual SO_SNDBUF of Linux holds.
    private static final int INET_DATAGRAM_MAX = 65_507;
    private static final int INET6_DATAGRAM_MAX = 65_527;
    private static final int UNIX_DATAGRAM_MAX = 212_960;

    private final VirtualPoller poller;
    private final Family family;
    private final int number;       // or -errno
    private final Map<Option, Integer> options = new EnumMap<>(Option.class);
    private @Nullable SocketAddress bound;
    private State state;
    private boolean forDatagrams;

    VirtualSocket(VirtualPoller poller, Family family, int number) {
        this.poller = poller;
        this.family = family;
        this.number = number;
        this.state = number < 0 ? new Closed() : new Fresh();
    }

    /// It is one of datagrams, and new.
    void hasDatagrams() {
        forDatagrams = true;
        if (isOpen()) state = new Mail(new VirtualMailbox(poller.pipeBytes));
    }

    boolean isForDatagrams() {
        return forDatagrams;
    }

    Family family() {
        return family;
    }

    @Override
    public int error() {
        return Math.min(number, 0);
    }

    @Override
    public int number() {
        return isOpen() ? number : -1;
    }

    @Override
    public boolean isOpen() {
        return !(state instanceof Closed);
    }

    boolean isListening() {
        return state instanceof Listening;
    }

    // ---- addresses -----------------------------------------------------------------------------

    @Override
    public int bind(SocketAddress address) {
        if (!isOpen()) return -Errno.EBADF;
        boolean isNew = state instanceof Fresh || state instanceof Mail;
        if (bound != null || !isNew) return -Errno.EINVAL;
        int refusal = VirtualNetwork.check(this, address);
        return refusal != 0 ? refusal : poller.network.bind(this, address);
    }

    /// The network has given this socket an address.
    void bound(SocketAddress to) {
        bound = to;
    }

    @Override
    public int listen(int backlog) {
        return switch (state) {
            case Fresh _ -> startListening(backlog);
            case Listening(var queue) -> {
                queue.limit(backlog);
                yield 0;
            }
            case Connecting _, Connected _ -> -Errno.EINVAL;
            case Mail _ -> -Errno.EOPNOTSUPP;
            case Closed _ -> -Errno.EBADF;
        };
    }

    /// Not bound, it gets a port (listen(2)).
    private int startListening(int backlog) {
        int refusal = switch (family) {
            case INET -> bindIfNot(IPV4_ANY);
            case INET6 -> bindIfNot(IPV6_ANY);
            case UNIX -> bound == null ? -Errno.EINVAL : 0;
        };
        if (refusal == 0) state = new Listening(new VirtualListener(this, backlog));
        return refusal;
    }

    private int bindIfNot(InetAddress address) {
        if (bound != null) return 0;
        return poller.network.bind(this, new InetSocketAddress(address, 0));
    }

    @Override
    public @Nullable SocketAddress localAddress() {
        return switch (state) {
            case Connected(var end) -> end.local();
            case Mail(var box) when box.peer() != null && bound != null -> localFor(box.peer());
            default -> bound;
        };
    }

    @Override
    public @Nullable SocketAddress remoteAddress() {
        return switch (state) {
            case Connected(var end) -> end.remote();
            case Mail(var box) -> box.peer();
            default -> null;
        };
    }

    @Override
    public @Nullable Object fileKey(SocketAddress address) {
        return poller.network.at(address);
    }

    @Override
    @SuppressWarnings("ReferenceEquality")      // this socket, not one like it
    public int unlink(SocketAddress address, @Nullable Object fileKey) {
        VirtualSocket there = poller.network.at(address);
        if (there != null && fileKey == null) return -Errno.EADDRINUSE;
        if (there == null || there != fileKey) return -Errno.ENOENT;
        poller.network.unlink(address);
        return 0;
    }

    // ---- operations ----------------------------------------------------------------------------

    boolean submit(Operation operation) {
        if (isBusy(operation.kind)) throw busy(operation);
        operation.result = begin(operation);
        if (operation.result != -Errno.EAGAIN) return true;
        setUnderWay(operation.kind, operation);
        return false;
    }

    @SuppressWarnings("ReferenceEquality")      // this operation, not one like it
    boolean cancel(Operation operation) {
        if (reading != operation && writing != operation) return false;
        if (operation.kind == Operation.Kind.CONNECT) {
            if (!(state instanceof Connecting(var queue, _))) return false;     // its end is due
            queue.leave(this);
            state = new Fresh();
        }
        setUnderWay(operation.kind, null);
        poller.notDue(operation);
        return true;
    }

    /// It became due; completes it if that still holds.
    void proceed(Operation operation) {
        int result = operation.kind == Operation.Kind.CONNECT ? outcome() : begin(operation);
        if (result != -Errno.EAGAIN) complete(operation, result);
    }

    private void complete(Operation operation, int result) {
        setUnderWay(operation.kind, null);
        poller.notDue(operation);
        operation.result = result;
        operation.completed();
    }

    private void setUnderWay(Operation.Kind kind, @Nullable Operation operation) {
        if (kind.reads) reading = operation;
        else writing = operation;
    }

    private IllegalStateException busy(Operation operation) {
        return new IllegalStateException("fd " + number + " is "
                + (operation.kind.reads ? "receiving" : "sending")
                + " already: one operation at a time in each direction");
    }

    private int begin(Operation operation) {
        if (!isOpen()) return -Errno.EBADF;
        return switch (operation.kind) {
            case RECEIVE -> receiveNow(operation.array, operation.offset, operation.length);
            case SEND -> sendNow(operation.array, operation.offset, operation.length);
            case ACCEPT -> accept(operation);
            case CONNECT -> connect(operation.remote);
            case READABLE -> isReadable() ? 0 : -Errno.EAGAIN;
            case WRITABLE -> isWritable() ? 0 : -Errno.EAGAIN;
        };
    }

    private boolean isReadable() {
        return switch (state) {
            case Listening(var queue) -> !queue.isEmpty();
            case Connecting _ -> false;
            case Connected(var end) -> end.isReadable();
            case Mail(var box) -> box.isReadable();
            case Fresh _, Closed _ -> true;     // a call would not wait: it would fail
        };
    }

    private boolean isWritable() {
        return switch (state) {
            case Connecting _ -> false;
            case Connected(var end) -> end.isWritable();
            case Mail(var box) -> box.hasFailed() || hasRoomAtPeer(box);
            case Fresh _, Listening _, Closed _ -> true;
        };
    }

    @Override
    public int sendNow(byte[] array, int offset, int length) {
        return switch (state) {
            case Connected(var end) -> end.send(array, offset, length);
            case Mail _ -> sendTo(array, offset, length, null);
            default -> notConnected();
        };
    }

    @Override
    public int receiveNow(byte[] array, int offset, int length) {
        return switch (state) {
            case Connected(var end) -> end.receive(array, offset, length);
            case Mail(var box) -> Math.min(box.take(array, offset, length), length);
            default -> notConnected();
        };
    }

    @Override
    public int shutdownOutput() {
        return state instanceof Connected(var end) ? end.shutdownOutput() : notConnected();
    }

    private int notConnected() {
        return isOpen() ? -Errno.ENOTCONN : -Errno.EBADF;
    }

    /// An operation that reads may be able to go on.
    void mayRead() {
        if (reading != null) poller.due(reading);
    }

    /// An operation that writes may be able to go on.
    void mayWrite() {
        if (writing != null) poller.due(writing);
    }

    // ---- connections ---------------------------------------------------------------------------

    private int connect(@Nullable SocketAddress remote) {
        return switch (state) {
            case Fresh _ -> remote == null ? -Errno.EINVAL : start(remote);
            case Connecting _ -> -Errno.EALREADY;
            case Connected _, Listening _ -> -Errno.EISCONN;
            case Mail(var box) -> remote == null ? -Errno.EINVAL : connect(box, remote);
            case Closed _ -> -Errno.EBADF;
        };
    }

    private int start(SocketAddress remote) {
        int refusal = VirtualNetwork.check(this, remote);
        if (refusal != 0) return refusal;
        SocketAddress destination = VirtualNetwork.destination(remote);
        VirtualSocket found = poller.network.find(destination);
        if (found == null && family == Family.UNIX) return -Errno.ENOENT;
        if (found == null || !(found.state instanceof Listening(var queue)))
            return -Errno.ECONNREFUSED;
        if (destination instanceof InetSocketAddress inet && bindIfNot(inet.getAddress()) != 0)
            return -Errno.EADDRNOTAVAIL;
        state = new Connecting(queue, destination);
        queue.enter(this);
        return outcome();
    }

    /// What became of connecting: 0, `-EAGAIN` or `-ECONNREFUSED`.
    private int outcome() {
        return switch (state) {
            case Connected _, Mail _ -> 0;
            case Connecting _ -> -Errno.EAGAIN;
            case Fresh _, Listening _, Closed _ -> -Errno.ECONNREFUSED;
        };
    }

    /// The listener has room for this socket, which is Connecting.
    VirtualEnd establish() {
        if (!(state instanceof Connecting(_, var to)))
            throw new AssertionError("waits at a listener, but is " + state);
        var end = new VirtualEnd(this, localFor(to), to, poller.pipeBytes);
        state = new Connected(end);
        mayWrite();
        return end;
    }

    /// It and `reader`, both new, become the ends of a pipe.
    void writeTo(VirtualSocket reader) {
        var end = new VirtualEnd(this, UNNAMED, UNNAMED, poller.pipeBytes);
        state = new Connected(end);
        end.peer().accepted(reader);
        end.peer().makePipe();
        reader.state = new Connected(end.peer());
    }

    /// Bound to all addresses, a socket that connects has the one that leads to its peer.
    private SocketAddress localFor(SocketAddress to) {
        if (bound instanceof InetSocketAddress from && to instanceof InetSocketAddress inet
                && from.getAddress().isAnyLocalAddress())
            return new InetSocketAddress(inet.getAddress(), from.getPort());
        return bound == null ? UNNAMED : bound;
    }

    /// The listener was closed while this socket waited there.
    void refused() {
        state = new Fresh();
        mayWrite();
        mayRead();
    }

    private int accept(Operation operation) {
        if (!(state instanceof Listening(var queue))) return -Errno.EINVAL;
        if (queue.isEmpty()) return -Errno.EAGAIN;
        VirtualSocket accepted = poller.open(family);
        if (accepted.error() != 0) return accepted.error();
        VirtualEnd end = queue.take();
        end.accepted(accepted);
        accepted.state = new Connected(end);
        accepted.options.putAll(options);
        operation.accepted = accepted;
        return 0;
    }

    // ---- datagrams -----------------------------------------------------------------------------

    private int connect(VirtualMailbox box, SocketAddress remote) {
        int refusal = VirtualNetwork.check(this, remote);
        if (refusal != 0) return refusal;
        SocketAddress destination = VirtualNetwork.destination(remote);
        if (destination instanceof InetSocketAddress inet) {
            if (bindIfNot(inet.getAddress()) != 0) return -Errno.EADDRNOTAVAIL;
        } else {
            VirtualSocket found = poller.network.addressee(UNNAMED, destination);
            if (found == null) return -Errno.ENOENT;
            if (!found.forDatagrams) return -Errno.EPROTOTYPE;
        }
        box.connect(destination);
        return 0;
    }

    @Override
    public int sendTo(byte[] array, int offset, int length, @Nullable SocketAddress to) {
        if (!(state instanceof Mail(var box))) return notConnected();
        if (box.hasFailed()) return box.takeError();
        if (to != null && VirtualNetwork.check(this, to) != 0)
            return VirtualNetwork.check(this, to);
        SocketAddress target = to == null ? box.peer() : VirtualNetwork.destination(to);
        if (target == null) return family == Family.UNIX ? -Errno.ENOTCONN : -Errno.EDESTADDRREQ;
        return switch (family) {
            case INET, INET6 -> sendPacket(box, array, offset, length, target);
            case UNIX -> sendUnix(box, array, offset, length, target);
        };
    }

    /// What nobody has room for is lost; what nobody is there for too, but the peer's system
    /// says so: over loopback at once, and to a socket that is connected.
    private int sendPacket(VirtualMailbox box, byte[] array, int offset, int length,
            SocketAddress to) {
        if (length > (family == Family.INET ? INET_DATAGRAM_MAX : INET6_DATAGRAM_MAX))
            return -Errno.EMSGSIZE;
        if (bindIfNot(family == Family.INET ? IPV4_ANY : IPV6_ANY) != 0) return -Errno.EAGAIN;
        SocketAddress from = localFor(to);
        VirtualSocket found = poller.network.addressee(from, to);
        if (found != null && found.state instanceof Mail(var there)) {
            if (there.hasRoom()) found.deliver(there, array, offset, length, from);
            else there.drop();
        } else if (to.equals(box.peer())) {
            box.fail(Errno.ECONNREFUSED);
            mayRead();
            mayWrite();
        }
        return length;
    }

    private int sendUnix(VirtualMailbox box, byte[] array, int offset, int length,
            SocketAddress to) {
        if (length > UNIX_DATAGRAM_MAX) return -Errno.EMSGSIZE;
        SocketAddress from = localFor(to);
        VirtualSocket found = poller.network.addressee(from, to);
        if (found == null) return to.equals(box.peer()) ? -Errno.ECONNREFUSED : -Errno.ENOENT;
        if (!(found.state instanceof Mail(var there))) return -Errno.EPROTOTYPE;
        if (there.peer() != null && !from.equals(there.peer())) return -Errno.EPERM;
        if (!there.hasRoom()) {
            if (to.equals(box.peer())) there.await(this);
            return -Errno.EAGAIN;
        }
        found.deliver(there, array, offset, length, from);
        return length;
    }

    private void deliver(VirtualMailbox box, byte[] array, int offset, int length,
            SocketAddress from) {
        box.put(array, offset, length, from);
        mayRead();
    }

    /// As unix(7) has it, only a socket that is connected is told of room where it sends to.
    private boolean hasRoomAtPeer(VirtualMailbox box) {
        SocketAddress peer = box.peer();
        if (family != Family.UNIX || peer == null) return true;
        VirtualSocket found = poller.network.addressee(localFor(peer), peer);
        if (found == null || !(found.state instanceof Mail(var there)) || there.hasRoom())
            return true;
        there.await(this);
        return false;
    }

    @Override
    public int receiveFrom(byte[] array, int offset, int length) {
        return state instanceof Mail(var box) ? box.take(array, offset, length) : notConnected();
    }

    @Override
    public long dropped() {
        return state instanceof Mail(var box) ? box.dropped() : -1;
    }

    @Override
    public @Nullable SocketAddress sender() {
        return state instanceof Mail(var box) ? box.sender() : null;
    }

    // ---- options -------------------------------------------------------------------------------

    /// Remembered; those that matter here are LINGER, REUSE_PORT and V6_ONLY.
    @Override
    public int setOption(Option option, int value) {
        if (!isOpen()) return -Errno.EBADF;
        if (option == Option.NO_DELAY && family == Family.UNIX) return -Errno.EOPNOTSUPP;
        options.put(option, value);
        return 0;
    }

    @Override
    public int getOption(Option option) {
        if (!isOpen()) return -Errno.EBADF;
        Integer value = options.get(option);
        if (value != null) return value;
        return switch (option) {
            case SEND_BUFFER, RECEIVE_BUFFER -> poller.pipeBytes;
            case LINGER -> -1;
            case REUSE_ADDRESS, REUSE_PORT, KEEP_ALIVE, NO_DELAY, V6_ONLY, BROADCAST -> 0;
        };
    }

    // ---- the end -------------------------------------------------------------------------------

    @Override
    public void close() {
        if (!isOpen()) return;
        State last = state;
        boolean abruptly = family != Family.UNIX && getOption(Option.LINGER) == 0;
        state = new Closed();
        switch (last) {
            case Listening(var queue) -> queue.close();
            case Connecting(var queue, _) -> queue.leave(this);
            case Connected(var end) -> end.close(abruptly);
            case Mail(var box) -> box.tellWaiting();
            case Fresh _, Closed _ -> { }
        }
        if (bound != null) poller.network.unbind(this, bound);
        bound = null;
        poller.forget(number);
        callOff(reading);
        callOff(writing);
    }

    private void callOff(@Nullable Operation operation) {
        if (operation != null) complete(operation, -Errno.EBADF);
    }
}

package jloop;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import jloop.kernel.Errno;
import jloop.kernel.FilePart;
import jloop.poller.Descriptor;
import jloop.poller.Descriptor.Option;
import jloop.poller.Family;
import jloop.poller.Operation.Kind;
import org.jspecify.annotations.Nullable;

/// A socket of one loop, of streams or of datagrams. What waits is a method of the loop, as
/// [EventLoop#sockRecv]; what does not is a method here.
///
/// One task at a time may receive (or accept), and one may wait to send (or connect).
/// **As in asyncio**: the non-blocking `socket.socket` that the `sock_*` methods work on.
public final class Socket implements AutoCloseable {

    final EventLoop loop;
    private final Sockets sockets;
    final Descriptor descriptor;
    private @Nullable SocketOperation incoming;     // made when first waited for
    private @Nullable SocketOperation outgoing;
    private boolean amidSendAll;        // also while others run, between two of its parts
    private @Nullable WatchOperation reader;
    private @Nullable WatchOperation writer;
    private @Nullable SocketAddress fileAddress;    // of a file to be removed at the end
    private @Nullable Object fileKey;
    private @Nullable String usedBy;                // whoever it was detached for, or null
    private @Nullable Socket successor;             // that stands for it since, or null
    private long receivedBytes;
    private long sentBytes;
    private @Nullable BufferShortage shortage;      // until something is sent
    private final boolean datagrams;
    private final @Nullable PipeEnd pipe;           // what it is of, or null for a socket

    private Socket(Sockets sockets, Descriptor descriptor, boolean datagrams) {
        this(sockets, descriptor, datagrams, null);
    }

    private Socket(Sockets sockets, Descriptor descriptor, boolean datagrams,
            @Nullable PipeEnd pipe) {
        this.sockets = sockets;
        this.loop = sockets.loop;
        this.descriptor = descriptor;
        this.datagrams = datagrams;
        this.pipe = pipe;
        sockets.opened(this);
    }

    /// One for a file that was taken over, or that is only watched.
    Socket(EventLoop loop, Descriptor descriptor, @Nullable PipeEnd pipe) {
        this(loop.sockets(), descriptor, false, pipe);
    }

    /// A new stream socket of `loop`, neither bound nor connected.
    ///
    /// **Errors**: SocketException if there is none to be had, of file descriptors for example.
    public static Socket open(EventLoop loop, StandardProtocolFamily family) throws IOException {
        loop.checkThread("open");
        loop.checkOpen();
        return opened(loop, family, loop.poller.open(of(family)), false);
    }

    /// A new datagram socket of `loop`, neither bound nor connected: UDP, or datagrams between
    /// UNIX sockets.
    ///
    /// **Errors**: as [#open]; UnsupportedOperationException for UNIX by java.nio, which has no
    /// such sockets.
    public static Socket openDatagram(EventLoop loop, StandardProtocolFamily family)
            throws IOException {
        loop.checkThread("openDatagram");
        loop.checkOpen();
        return opened(loop, family, loop.poller.openDatagram(of(family)), true);
    }

    private static Family of(StandardProtocolFamily family) {
        return switch (family) {
            case INET -> Family.INET;
            case INET6 -> Family.INET6;
            case UNIX -> Family.UNIX;
        };
    }

    private static Socket opened(EventLoop loop, StandardProtocolFamily family,
            Descriptor descriptor, boolean datagrams) throws IOException {
        check("socket", family, descriptor.error());
        return new Socket(loop.sockets(), descriptor, datagrams);
    }

    private static int check(String call, Object subject, int result) throws IOException {
        if (result < 0) throw SocketErrors.of(call, subject, result);
        return result;
    }

    /// The descriptor, for whoever is on the loop: its calls share memory with all others.
    private Descriptor onLoop(String verb) {
        loop.checkThread(verb);
        return descriptor;
    }

    /// The same for what moves bytes or waits: not for a socket that was detached.
    private Descriptor ours(String verb) {
        rejectDetached();
        return onLoop(verb);
    }

    private void rejectDetached() {
        if (usedBy != null)
            throw new IllegalStateException(this + " is used by " + usedBy
                    + ": it alone sends, receives and waits");
    }

    private int check(String call, int result) throws IOException {
        if (result >= 0) return result;             // the text only if it is needed
        return check(call + " on", this, result);
    }

    /// Binds it to a local address: port 0 for any free one, a `UnixDomainSocketAddress` or a
    /// [jloop.poller.UnixName] for a socket of UNIX.
    public void bind(SocketAddress address) throws IOException {
        check("bind to", address, ours("bind").bind(address));
    }

    /// Binds it to `path` as a server does. If there is the file of a UNIX socket that was
    /// closed, it is removed first. With `removedOnClose`, [#close()] removes the file if it is
    /// this socket's still.
    ///
    /// **Errors**: BindException if an open socket has the path, or there is any other file.
    /// **Unlike asyncio**: the path is not taken from a server that runs. Linux tells without
    /// it noticing; by java.nio it sees a connection that is over at once, and one that does
    /// not listen yet counts as closed. Of two servers that start in the same moment where a
    /// file was left, the second may still replace the first.
    public void bindPath(Path path, boolean removedOnClose) throws IOException {
        SocketAddress address = UnixDomainSocketAddress.of(path);
        int unlinked = ours("bindPath").unlink(address, null);
        if (unlinked == -Errno.EADDRINUSE) check("take over", address, unlinked);
        try {
            bind(address);
        } catch (BindException e) {
            if (unlinked != 0 && unlinked != -Errno.ENOENT && unlinked != -Errno.ENOTSOCK)
                e.addSuppressed(SocketErrors.of("remove", address, unlinked));
            throw e;
        }
        if (!removedOnClose) return;
        fileAddress = address;
        fileKey = descriptor.fileKey(address);
    }

    /// Before the descriptor is closed: until then no other file can have the number of ours.
    private void removeFile() {
        if (fileAddress == null || fileKey == null) return;
        int result = descriptor.unlink(fileAddress, fileKey);
        if (result == 0 || result == -Errno.ENOENT || result == -Errno.ENOTSOCK) return;
        loop.callExceptionHandler(ExceptionContext.of("the file of a UNIX socket is left behind",
                SocketErrors.of("remove", fileAddress, result)).withSource(this));
    }

    /// Makes it a listener that keeps up to `backlog` connections nobody has accepted yet.
    public void listen(int backlog) throws IOException {
        if (backlog < 1)
            throw new IllegalArgumentException("backlog must be at least 1, not " + backlog);
        check("listen", ours("listen").listen(backlog));
        // By java.nio to listen is to bind anew.
        if (fileAddress != null) fileKey = descriptor.fileKey(fileAddress);
    }

    /// Sends what fits right now. Returns how many bytes, 0 if none: if there is no room, or
    /// the system has no buffers. A writer ([EventLoop#addWriter]) is called when to try again.
    public int sendNow(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) return 0;
        return sentNow(ours("sendNow").sendNow(bytes, offset, length));
    }

    /// [#sendNow(byte[], int, int)] of what remains in `bytes`, whose position it moves. Direct
    /// buffers are sent as they are, without a copy.
    public int sendNow(ByteBuffer bytes) throws IOException {
        if (!bytes.hasRemaining()) return 0;
        return sentNow(ours("sendNow").sendNow(bytes));
    }

    /// [#sendNow(ByteBuffer)] of one buffer after the other. Small ones are sent together, in
    /// one system call.
    public int sendNow(ByteBuffer[] buffers) throws IOException {
        for (ByteBuffer buffer : buffers) {
            if (buffer.hasRemaining())
                return sentNow(ours("sendNow").sendNow(buffers));
        }
        return 0;
    }

    private int sentNow(int result) throws IOException {
        if (result < 0 && isToWait(result)) return 0;
        sockets.count(result);
        return sent(result);
    }

    private int sent(int result) throws IOException {
        sentBytes += check("send", result);
        if (shortage != null) shortage = null;
        return result;
    }

    /// Whether a send that came to `result` is to be tried again later. If nothing tells when
    /// that is, the writer is called after a pause.
    private boolean isToWait(int result) {
        if (result == WOULD_BLOCK) return true;
        if (!BufferShortage.isOne(result)) return false;
        if (shortage == null) shortage = new BufferShortage();
        shortage.goesOn(loop.time());
        if (writer != null) writer.pauseUntil(shortage.untilNanos());
        return true;
    }

    /// Waits until it is to be tried again.
    private void awaitBuffers() {
        if (shortage != null)
            Asyncio.sleep(Duration.ofNanos(shortage.untilNanos() - loop.time()));
    }

    /// Receives what is there right now: straight into `buffer`, at most `length` bytes.
    /// Returns how many, 0 at the end of the stream, [#NOTHING_YET] if there is nothing.
    ///
    /// **Errors**: IllegalArgumentException if there is no room, or if it is a socket of
    /// datagrams ([#receiveFromNow]); IllegalStateException while a task waits to receive.
    public int receiveNow(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        rejectNoRoom(length);
        return receivedNow(streamReceiver().receiveNow(buffer, offset, length));
    }

    /// [#receiveNow(byte[], int, int)] into what remains of `buffer`, whose position it moves.
    public int receiveNow(ByteBuffer buffer) throws IOException {
        if (buffer.isReadOnly()) throw new ReadOnlyBufferException();
        rejectNoRoom(buffer.remaining());
        return receivedNow(streamReceiver().receiveNow(buffer));
    }

    /// Receives what is there right now, at most `maxBytes`, as an array of its size: empty at
    /// the end of the stream, null if there is nothing. Otherwise as
    /// [#receiveNow(byte[], int, int)].
    public byte @Nullable [] receiveNow(int maxBytes) throws IOException {
        rejectNoRoom(maxBytes);
        byte[] shared = sockets.shared;
        int result = receivedNow(
                streamReceiver().receiveNow(shared, 0, Math.min(maxBytes, shared.length)));
        return result == NOTHING_YET ? null : Arrays.copyOf(shared, result);
    }

    /// What [#receiveNow(byte[], int, int)] returns if nothing has come.
    public static final int NOTHING_YET = -1;

    private int receivedNow(int result) throws IOException {
        return result == WOULD_BLOCK ? NOTHING_YET : received(result);
    }

    private int received(int result) throws IOException {
        receivedBytes += check("receive", result);
        return result;
    }

    private Descriptor streamReceiver() {
        if (datagrams)
            throw new IllegalArgumentException(this + " is a socket of datagrams, not of streams");
        return receiver();
    }

    private Descriptor receiver() {
        rejectReceiving();
        return ours("receiveNow");
    }

    private static void rejectNoRoom(int room) {
        if (room < 1)
            throw new IllegalArgumentException("there must be room for a byte, not for " + room);
    }

    /// Sends one datagram to `to`, or to the peer if null, if it fits right now. Returns
    /// whether it was sent.
    ///
    /// **Errors**: as [EventLoop#sockSendto].
    public boolean sendToNow(byte[] bytes, int offset, int length, @Nullable SocketAddress to)
            throws IOException {
        checkDatagram(bytes, offset, length, to);
        int result = ours("sendToNow").sendTo(bytes, offset, length, to);
        if (result < 0 && isToWait(result)) return false;
        sockets.count(result);
        checkSent(to, result);
        return true;
    }

    /// Receives a datagram that is there right now, of which at most `maxBytes` are kept
    /// ([Datagram#isTruncated()]); null if there is none.
    ///
    /// **Errors**: as [EventLoop#sockRecvfrom].
    public @Nullable Datagram receiveFromNow(int maxBytes) throws IOException {
        rejectNegative(maxBytes);
        checkDatagrams();
        byte[] shared = sockets.shared;
        int room = Math.min(maxBytes, shared.length);
        int result = receiver().receiveFrom(shared, 0, room);
        if (result == WOULD_BLOCK) return null;
        sockets.count(result);
        return datagram(shared, 0, room, check("receive", result));
    }

    private Datagram datagram(byte[] array, int offset, int room, int size) {
        byte[] data = Arrays.copyOfRange(array, offset, offset + Math.min(room, size));
        return new Datagram(data, sender(), size);
    }

    private SocketAddress sender() {
        return Objects.requireNonNull(descriptor.sender(), "a datagram without a sender");
    }

    /// How many datagrams the system has dropped so far, as nobody received those before them;
    /// -1 if it does not tell, as by java.nio.
    public long dropped() {
        return onLoop("dropped").dropped();
    }

    /// True if it sends and receives datagrams, false if streams.
    public boolean isDatagram() {
        return datagrams;
    }

    private void checkDatagrams() {
        if (!datagrams)
            throw new IllegalArgumentException(this + " is a stream socket, not of datagrams");
    }

    private void checkDatagram(byte[] bytes, int offset, int length,
            @Nullable SocketAddress to) {
        checkDatagrams();
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (to instanceof InetSocketAddress inet && inet.isUnresolved())
            throw new IllegalArgumentException(inet + " must be resolved");
    }

    private void checkSent(@Nullable SocketAddress to, int result) throws IOException {
        if (shortage != null) shortage = null;
        if (result < 0) throw SocketErrors.of("send to", to == null ? this : to, result);
    }

    /// Throws away what has come and nobody has received, at most `maxBytes` of it, for who is
    /// about to close: the system answers bytes that are left with a reset, which may cost the
    /// peer what was sent to it last. Does nothing while somebody waits to receive, nor to a
    /// pipe.
    public void discardReceived(int maxBytes) {
        if (pipe != null || reader != null) return;
        if (incoming != null && incoming.waiter != null) return;
        byte[] scratch = sockets.shared;
        int left = maxBytes;
        for (int count = 1; left > 0 && count > 0; left -= count) {
            count = ours("discardReceived").receiveNow(scratch, 0, Math.min(left, scratch.length));
        }
    }

    private static final int WOULD_BLOCK = -Errno.EAGAIN;
    private static final int FILE_PIECE_BYTES = 1024 * 1024;
    private static final Duration ROOM_PAUSE = Duration.ofMillis(1);
    private static final Duration ROOM_PAUSE_MAX = Duration.ofMillis(50);

    /// Ends the sending direction: the peer reads the end of the stream. Closes the end of a
    /// pipe.
    public void shutdownOutput() throws IOException {
        if (pipe != null) {
            close();
            return;
        }
        check("shutdown", onLoop("shutdownOutput").shutdownOutput());
    }

    /// TCP_NODELAY: whether small writes are sent at once.
    public void setNoDelay(boolean on) throws IOException {
        set(Option.NO_DELAY, on ? 1 : 0);
    }

    /// SO_REUSEADDR: whether a listener may take an address that old connections still occupy.
    public void setReuseAddress(boolean on) throws IOException {
        set(Option.REUSE_ADDRESS, on ? 1 : 0);
    }

    /// SO_REUSEPORT: whether several listeners may share an address.
    public void setReusePort(boolean on) throws IOException {
        set(Option.REUSE_PORT, on ? 1 : 0);
    }

    /// SO_KEEPALIVE.
    public void setKeepAlive(boolean on) throws IOException {
        set(Option.KEEP_ALIVE, on ? 1 : 0);
    }

    /// SO_SNDBUF, in bytes.
    public void setSendBuffer(int sizeBytes) throws IOException {
        set(Option.SEND_BUFFER, sizeBytes);
    }

    /// SO_RCVBUF, in bytes.
    public void setReceiveBuffer(int sizeBytes) throws IOException {
        set(Option.RECEIVE_BUFFER, sizeBytes);
    }

    /// SO_LINGER, in seconds: 0 has [#close()] reset the connection, -1 is the usual close.
    public void setLinger(int seconds) throws IOException {
        set(Option.LINGER, seconds);
    }

    /// SO_BROADCAST: without it, to send to a broadcast address is an error.
    public void setBroadcast(boolean on) throws IOException {
        set(Option.BROADCAST, on ? 1 : 0);
    }

    /// IPV6_V6ONLY.
    public void setV6Only(boolean on) throws IOException {
        set(Option.V6_ONLY, on ? 1 : 0);
    }

    private void set(Option option, int value) throws IOException {
        check("setsockopt " + option, onLoop("setOption").setOption(option, value));
    }

    /// The address it is bound to, or null if unknown.
    public @Nullable SocketAddress localAddress() {
        return onLoop("localAddress").isOpen() ? descriptor.localAddress() : null;
    }

    /// The address of the peer, or null if there is none.
    public @Nullable SocketAddress remoteAddress() {
        return onLoop("remoteAddress").isOpen() ? descriptor.remoteAddress() : null;
    }

    /// How many bytes of its stream were received so far.
    public long receivedBytes() {
        loop.checkThread("receivedBytes");
        return successor == null ? receivedBytes : successor.receivedBytes();
    }

    /// How many bytes of its stream the system has taken so far, to send them.
    public long sentBytes() {
        loop.checkThread("sentBytes");
        return successor == null ? sentBytes : successor.sentBytes();
    }

    /// The file descriptor, or -1 where there is none.
    public int fileno() {
        return descriptor.isOpen() ? descriptor.number() : -1;
    }

    public boolean isOpen() {
        return descriptor.isOpen();
    }

    /// Hands the connection over to `owner`, which is for texts: returns the socket that stands
    /// for it from now on. What is left here tells addresses and sets options; all that moves
    /// bytes, or waits, is refused, and closing it does nothing.
    ///
    /// **Errors**: IllegalStateException if it was detached before, while a task waits for it,
    /// and while it has a reader or writer.
    /// **As in asyncio**: what `TransportSocket` is for.
    public Socket detach(String owner) {
        ours("detach");
        rejectReceiving();
        rejectSending();
        if (reader != null || writer != null)
            throw new IllegalStateException(this + " has a reader or writer: remove it first");
        usedBy = Objects.requireNonNull(owner, "owner");
        sockets.closed(this);
        Socket next = new Socket(sockets, descriptor, datagrams, pipe);
        next.fileAddress = fileAddress;
        next.fileKey = fileKey;
        next.receivedBytes = receivedBytes;
        next.sentBytes = sentBytes;
        successor = next;
        return next;
    }

    /// Closes it. Tasks that wait for it get a SocketException. Closing again does nothing.
    @Override
    public void close() {
        loop.checkThread("close");
        if (usedBy != null || !sockets.closed(this)) return;
        watch(Kind.READABLE, null, null);
        watch(Kind.WRITABLE, null, null);
        removeFile();
        descriptor.close();
    }

    // ---- What waits; public as methods of the loop

    Socket accept() throws IOException {
        SocketOperation operation = incoming(Kind.ACCEPT);
        check("accept", carryOut(operation, "sockAccept"));
        Descriptor accepted = operation.accepted;
        operation.accepted = null;
        if (accepted == null) throw new AssertionError("accepted nothing");
        return new Socket(sockets, accepted, false);
    }

    void connect(SocketAddress address) throws IOException {
        check("connect to", address, connectWhenThereIsRoom(address));
    }

    /// What connect(2) does when it may wait; a UNIX socket whose backlog is full tells nobody
    /// when there is room.
    private int connectWhenThereIsRoom(SocketAddress address) throws IOException {
        Duration pause = ROOM_PAUSE;
        while (true) {
            SocketOperation operation = outgoing(Kind.CONNECT);
            operation.remote = address;
            int result = carryOut(operation, "sockConnect");
            if (result != WOULD_BLOCK || address instanceof InetSocketAddress) return result;
            Asyncio.sleep(pause);
            if (pause.compareTo(ROOM_PAUSE_MAX) < 0) pause = pause.multipliedBy(2);
        }
    }

    int receive(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) return 0;
        return receiveWhole(buffer, offset, length);
    }

    byte[] receive(int maxBytes) throws IOException {
        rejectNegative(maxBytes);
        if (maxBytes == 0) return new byte[0];
        byte[] shared = sockets.shared;
        return Arrays.copyOf(shared, receiveWhole(shared, 0, Math.min(maxBytes, shared.length)));
    }

    /// [#receiveInto] where nobody could be told otherwise that a datagram had no room.
    private int receiveWhole(byte[] array, int offset, int room) throws IOException {
        int size = receiveInto(array, offset, room);
        if (size > room) throw new DatagramTruncatedException(datagram(array, offset, room, size));
        return size;
    }

    private static void rejectNegative(int maxBytes) {
        if (maxBytes < 0)
            throw new IllegalArgumentException("cannot receive " + maxBytes + " bytes");
    }

    Datagram receiveFrom(int maxBytes) throws IOException {
        rejectNegative(maxBytes);
        checkDatagrams();
        byte[] shared = sockets.shared;
        int room = Math.min(maxBytes, shared.length);
        return datagram(shared, 0, room, receiveInto(shared, 0, room));
    }

    SocketAddress receiveFrom(ByteBuffer buffer) throws IOException {
        if (buffer.isReadOnly()) throw new ReadOnlyBufferException();
        Datagram received = receiveFrom(buffer.remaining());
        buffer.put(received.data());
        if (received.isTruncated()) throw new DatagramTruncatedException(received);
        return received.from();
    }

    /// Waits until there is something, then receives it: when the task goes on, not when the
    /// poller hears of it. So the bytes are in the cache while they are worked on, and the
    /// array is in nobody's hands meanwhile: it may be the one that all sockets share.
    private int receiveInto(byte[] array, int offset, int length) throws IOException {
        SocketOperation operation = incoming(Kind.READABLE);
        Task<?> task = Task.running(loop, "sockRecv");
        int result = descriptor.mayReceive() ? take(array, offset, length) : WOULD_BLOCK;
        while (result == WOULD_BLOCK) {
            if (!operation.submit()) task.blockOn(operation);
            result = operation.result < 0
                    ? operation.result : take(array, offset, length);
        }
        sockets.count(result);
        return received(result);
    }

    private int take(byte[] array, int offset, int length) {
        return datagrams ? descriptor.receiveFrom(array, offset, length)
                : descriptor.receiveNow(array, offset, length);
    }

    void sendAll(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (datagrams) {
            sendTo(bytes, offset, length, null);
            return;
        }
        sockets.pace();
        checkUsable();
        rejectSending();
        int sent = sendNow(bytes, offset, length);
        if (sent < length) sendRest(bytes, offset, sent, length);
    }

    private void sendRest(byte[] bytes, int offset, int alreadySent, int length)
            throws IOException {
        int sent = alreadySent;
        amidSendAll = true;
        try {
            while (sent < length) sent += sendPart(bytes, offset + sent, length - sent);
        } catch (CancelledError e) {
            throw e.after(sent);
        } finally {
            amidSendAll = false;
        }
    }

    /// Waits until some can be sent. Returns how many bytes were.
    int sendPart(byte[] bytes, int offset, int length) throws IOException {
        sockets.pace();
        checkUsable();
        SocketOperation operation = outgoingOf(Kind.SEND);
        operation.array = bytes;
        operation.offset = offset;
        operation.length = length;
        int result = carryOut(operation, "sockSendall");
        if (result > 0 || !isToWait(result)) return sent(result);
        awaitBuffers();
        return 0;
    }

    /// Nobody else is to send until [#endFile()].
    void beginFile() throws IOException {
        if (datagrams)
            throw new IllegalArgumentException(this + " is a socket of datagrams, not of streams");
        checkUsable();
        rejectSending();
        amidSendAll = true;
    }

    void endFile() {
        amidSendAll = false;
    }

    /// Sends `part` by `call`, waiting as often as need be. Returns 0, or why it went no
    /// further.
    int sendFile(FilePart part, OutgoingFile.Call call) throws IOException {
        while (part.length(FILE_PIECE_BYTES) > 0) {
            sockets.pace();
            checkUsable();
            int result = call.send(descriptor, part.position(), part.length(FILE_PIECE_BYTES));
            if (result == 0) return 0;              // the end of the file
            if (result > 0) {
                sockets.count(result);
                part.sent(sent(result));
            } else if (!isToWait(result)) {
                return result;
            } else if (result != WOULD_BLOCK) {
                awaitBuffers();
            } else {
                int waited = carryOut(outgoingOf(Kind.WRITABLE), "sockSendfile");
                if (waited < 0) return waited;
            }
        }
        return 0;
    }

    void sendTo(byte[] bytes, int offset, int length, @Nullable SocketAddress to)
            throws IOException {
        checkDatagram(bytes, offset, length, to);
        SocketOperation operation = outgoing(Kind.WRITABLE);
        Task<?> task = Task.running(loop, "sockSendto");
        int result = descriptor.sendTo(bytes, offset, length, to);
        while (result < 0 && isToWait(result)) {
            int waited = awaitRoom(operation, task, result);
            result = waited < 0 ? waited : descriptor.sendTo(bytes, offset, length, to);
            if (waited < 0) break;
        }
        sockets.count(result);
        checkSent(to, result);
    }

    private int awaitRoom(SocketOperation operation, Task<?> task, int why) {
        if (why != WOULD_BLOCK) {
            awaitBuffers();
            return 0;
        }
        if (tellsOfRoom()) {
            if (!operation.submit()) task.blockOn(operation);
            return operation.result;
        }
        Asyncio.sleep(ROOM_PAUSE);
        return 0;
    }

    /// Whether a writer waits for room, once a send has found none. A UNIX socket of datagrams
    /// that is not connected is told of its own room, not of that where it sends to (unix(7)):
    /// try again in a while.
    public boolean tellsOfRoom() {
        return !datagrams || onLoop("tellsOfRoom").localAddress() instanceof InetSocketAddress
                || descriptor.remoteAddress() != null;
    }

    /// Whether a reader of an end that is written to is called when whoever reads from the
    /// other one has gone. Not for a terminal, nor for a pipe by java.nio.
    public boolean tellsOfHangup() {
        return onLoop("tellsOfHangup").tellsOfHangup();
    }

    private SocketOperation incoming(Kind kind) throws IOException {
        sockets.pace();
        checkUsable();
        if (incoming == null) incoming = new SocketOperation(sockets, descriptor);
        rejectReceiving();
        incoming.kind = kind;
        return incoming;
    }

    private SocketOperation outgoing(Kind kind) throws IOException {
        sockets.pace();
        checkUsable();
        rejectSending();
        return outgoingOf(kind);
    }

    private SocketOperation outgoingOf(Kind kind) {
        if (outgoing == null) outgoing = new SocketOperation(sockets, descriptor);
        outgoing.kind = kind;
        return outgoing;
    }

    private void rejectReceiving() {
        if (incoming != null && incoming.waiter != null) throw busy("receiving");
    }

    private void rejectSending() {
        if (amidSendAll || outgoing != null && outgoing.waiter != null) throw busy("sending");
    }

    private IllegalStateException busy(String doing) {
        return new IllegalStateException("another task is " + doing + " on " + this
                + " already: one at a time in each direction");
    }

    private void checkUsable() throws IOException {
        rejectDetached();
        if (!descriptor.isOpen()) check("use of a closed socket", -Errno.EBADF);
    }

    private int carryOut(SocketOperation operation, String verb) {
        Task<?> task = Task.running(loop, verb);
        if (operation.submit()) sockets.count(operation.result);
        else task.blockOn(operation);
        return operation.result;
    }

    // ---- Readers and writers

    /// Of a file that is only watched: why it cannot be, as `-errno`, or 0.
    int watchError() {
        return descriptor.error();
    }

    /// Whether it has a reader or a writer.
    boolean isWatched() {
        return reader != null || writer != null;
    }

    /// Replaces the callback for one direction; null for none. Returns true if there was one.
    boolean watch(Kind kind, @Nullable Runnable callback, @Nullable Context context) {
        rejectDetached();
        WatchOperation before = kind == Kind.READABLE ? reader : writer;
        if (before != null) before.stop();
        keep(kind, null);
        if (callback != null) {
            WatchOperation made = new WatchOperation(loop, descriptor, kind, callback, context);
            if (kind == Kind.WRITABLE && shortage != null)
                made.pauseUntil(shortage.untilNanos());
            else
                made.start();           // throws if a task waits in that direction
            keep(kind, made);
        }
        return before != null;
    }

    private void keep(Kind kind, @Nullable WatchOperation watch) {
        if (kind == Kind.READABLE) reader = watch;
        else writer = watch;
    }

    /// The descriptor, and on the loop also the addresses.
    @AnyThread
    @Override
    public String toString() {
        if (pipe != null) return "<Pipe " + pipe.name()
                + (descriptor.isOpen() ? " fd=" + descriptor.number() : " closed") + ">";
        if (!descriptor.isOpen()) return "<Socket closed>";
        if (!loop.carrier.isCurrent()) return "<Socket fd=" + descriptor.number() + ">";
        return "<Socket fd=" + fileno() + " local=" + localAddress()
                + " remote=" + remoteAddress() + ">";
    }
}

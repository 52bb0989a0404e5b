package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static jloop.kernel.SystemCalls.EPOLLERR;
import static jloop.kernel.SystemCalls.EPOLLHUP;
import static jloop.kernel.SystemCalls.EPOLLIN;
import static jloop.kernel.SystemCalls.EPOLLOUT;
import static jloop.kernel.SystemCalls.EPOLLPRI;
import static jloop.kernel.SystemCalls.EPOLLRDHUP;
import static jloop.kernel.SystemCalls.EPOLL_CTL_ADD;
import static jloop.kernel.SystemCalls.EPOLL_CTL_DEL;
import static jloop.kernel.SystemCalls.EPOLL_CTL_MOD;

import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Objects;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import org.jspecify.annotations.Nullable;

/// A socket of an [EpollPoller].
final class EpollSocket extends Descriptor {

    /*
     * Beliefs. `readable` and `writable` say whether a call may get somewhere. They start as true
     * and turn false when a call would have blocked; the event that epoll then owes us (edge-
     * triggered: one for each change) makes them true again. While one is false, an operation of
     * that direction waits without a system call.
     *
     * A receive shorter than asked for has emptied the socket, so `readable` turns false without
     * a second recv (epoll(7), Q9), except where short does not mean empty: at the end of the
     * stream or after an error, which come without another event if they came with the data; at
     * urgent data, where recv stops; on a UNIX socket, where recv stops at a message that carries
     * descriptors; and where it gets one datagram, however long. `shortMeansEmpty` turns false at
     * the first such event and stays so.
     *
     * Registration. `interest` is what epoll watches, and only grows: nothing at first, reading
     * from the first read that waits, writing from the first write that waits. Adding to it makes
     * epoll look at once, so that nothing is lost between the call that would have blocked and
     * the registration.
     *
     * Peer. It is asked for when the connection is made, as one that was reset does not tell any
     * more. An address of IPv4 is kept as a number: three objects less for each connection.
     *
     * A file that was taken over (`file`) is moved by read(2) and write(2). To begin with it is
     * not believed to be readable: a named pipe that nobody has opened for writing yet would
     * answer with the end of the stream.
     *
     * Closed by others. Native code may close a socket of ours by its number, which another file
     * then has. That is noticed where it costs nothing: when the number comes again for a socket
     * of this poller (EpollPoller.socket), when a call says EBADF or ENOTSOCK, and when epoll does
     * not know the file by this number any more, of which it is asked before the number is closed.
     * From then on nothing is done by that number, and all who wait are told EBADF.
     *
     * A file that is only watched may be closed by others, and its number be another file's. So
     * nothing is believed of it: epoll looks anew for each operation (arm), and when that fails,
     * as epoll has lost the file, the operation waits for ever and `error` says why.
     */

    private static final int READING = EPOLLIN | EPOLLRDHUP | EPOLLPRI;
    private static final int WRITING = EPOLLOUT;
    private static final int BROKEN = EPOLLERR | EPOLLHUP;      // epoll watches these unasked

    private static final int UNDER_WAY = Integer.MIN_VALUE;     // no result and no -errno
    private static final int ACCEPTS_SKIPPED_MAX = 64;
    private static final int FILE_BYTES_MAX = 1024 * 1024;      // at once: others wait meanwhile
    private static final int MEMINFO_DROPS = 8 * Integer.BYTES;
    private static final int ENONET = 64;
    private static final int ENOPROTOOPT = 92;
    private static final int EHOSTDOWN = 112;

    final long token;       // what events about this socket carry
    private final EpollPoller poller;
    private final SystemCalls calls;
    private final Family family;
    private int error;
    private int fd;         // below 0 if not open
    private int interest;
    private boolean readable = true;
    private boolean writable = true;
    private boolean shortMeansEmpty;
    private boolean datagrams;
    private @Nullable RingInflow inflow;        // if a ring moves its bytes
    private @Nullable RingOutflow outflow;      // the same
    private @Nullable EpollFile file;   // null: a socket that was made as one
    private @Nullable SocketAddress sender;     // of the last datagram; of streams the peer
    private long packedPeer;                    // 0: see there

    EpollSocket(EpollPoller poller, Family family, int fd, long token) {
        this.poller = poller;
        this.calls = poller.calls;
        this.family = family;
        this.fd = fd;
        this.token = token;
        error = Math.min(fd, 0);
        shortMeansEmpty = family != Family.UNIX;
    }

    /// It is one of datagrams.
    void hasDatagrams() {
        datagrams = true;
        shortMeansEmpty = false;
    }

    /// A ring accepts, receives and sends for it.
    void flowsBy(RingInflow in, RingOutflow out) {
        inflow = in;
        outflow = out;
    }

    int fd() {
        return fd;
    }

    /// It was taken over.
    void is(EpollFile taken) {
        file = taken;
        shortMeansEmpty = taken.status.isFifo();
        readable = false;
    }

    /// It is always ready, and epoll will not have it.
    void neverWaits() {
        readable = true;
        interest = READING | WRITING;
    }

    @Nullable EpollFile file() {
        return file;
    }

    @Override
    public boolean tellsOfHangup() {
        return file == null || !file.status.isDevice();
    }

    /// [EpollPoller#submit(Operation)] for this socket.
    boolean start(Operation operation) {
        if (isBusy(operation.kind)) throw busy(operation);
        int result = fd < 0 ? -Errno.EBADF
                : file != null && file.isWatched ? arm(operation)
                : operation.kind.reads ? startReading(operation) : startWriting(operation);
        if (result == UNDER_WAY) return false;
        operation.result = result;
        return true;
    }

    /// [EpollPoller#cancel(Operation)] for this socket.
    @SuppressWarnings("ReferenceEquality")      // this operation, not one like it
    boolean cancel(Operation operation) {
        if (reading == operation) reading = null;
        else if (writing == operation) writing = null;
        else return false;
        if (outflow != null) outflow.callOffConnecting();
        return true;
    }

    // ---- What a ring says

    void completed(long kind, int result, int flags) {
        if (inflow == null || outflow == null) return;
        if (kind == UringPoller.RECEIVE) inflow.received(result, flags);
        else if (kind == UringPoller.ACCEPT) inflow.accepted(result, flags);
        else outflow.connected(result);
    }

    boolean isReading() {
        return reading != null;
    }

    void inflowHasEnded() {
        if (outflow != null) outflow.sendAtOnce();
    }

    /// There is something to take.
    void hasCome() {
        continueReading();
    }

    void connected(int result) {
        Operation operation = writing;
        if (operation == null || operation.kind != Operation.Kind.CONNECT) return;
        if (result == 0) askForPeer();
        writing = null;
        operation.result = result;
        operation.completed();
    }

    /// What was sent last has to wait until the socket takes it.
    void watchWriting() {
        watch(WRITING);
    }

    /// It takes what is sent again.
    void takesMore() {
        if (writing != null) continueWriting();
    }

    void keepWhatHasCome() {
        if (inflow != null) inflow.keep();
    }

    /// The ring is no more: epoll watches it from now on.
    void leavesRing() {
        if (inflow == null || outflow == null) return;
        boolean connects = outflow.isConnecting();
        inflow.leavesRing();
        if (!inflow.hasCome()) inflow = null;
        Operation reader = reading;
        Operation writer = writing;
        reading = null;
        writing = null;
        if (reader != null) goOn(reader);
        if (writer != null && connects) outflow = null;
        if (writer != null) goOn(writer);
    }

    private void goOn(Operation operation) {
        if (!start(operation)) return;
        if (operation.kind == Operation.Kind.CONNECT && operation.result == -Errno.EISCONN) {
            operation.result = 0;       // the ring got there
            askForPeer();
        }
        operation.completed();
    }

    /// It belongs to nobody but `out`, which has something to send before it is closed.
    void lingersBy(RingOutflow out) {
        outflow = out;
        watchWriting();
    }

    // ----

    /// epoll has something to say about this socket.
    void ready(int events) {
        if ((events & (BROKEN | EPOLLRDHUP | EPOLLPRI)) != 0) shortMeansEmpty = false;
        if ((events & (BROKEN | READING)) != 0) continueReading();
        if ((events & (BROKEN | WRITING)) != 0) continueWriting();
    }

    private int arm(Operation operation) {
        if (operation.kind.reads) reading = operation;
        else writing = operation;
        error = poller.watch(this, fd,
                (reading == null ? 0 : READING) | (writing == null ? 0 : WRITING));
        return UNDER_WAY;
    }

    private int startReading(Operation operation) {
        if (inflow != null && (inflow.hasCome() || inflow.arm()))
            return startReadingAhead(inflow, operation);
        // epoll looks by itself when it begins to watch: no need to look before.
        boolean looks = operation.kind == Operation.Kind.READABLE
                && (interest & READING) == 0;
        int result = readable && !looks ? read(operation) : UNDER_WAY;
        if (result == UNDER_WAY) result = watch(READING);
        if (result == UNDER_WAY) reading = operation;
        return result;
    }

    private int startReadingAhead(RingInflow in, Operation operation) {
        int result = !in.hasCome() ? UNDER_WAY
                : operation.kind == Operation.Kind.READABLE ? 0 : read(operation);
        if (result == UNDER_WAY) reading = operation;
        return result;
    }

    private int startConnecting(RingOutflow out, Operation operation) {
        SocketAddress remote = Objects.requireNonNull(operation.remote, "CONNECT without remote");
        writing = operation;
        int result = out.connect(remote, family);
        if (result == 0) return UNDER_WAY;
        writing = null;
        return result;
    }

    private int startWriting(Operation operation) {
        boolean connects = operation.kind == Operation.Kind.CONNECT;
        if (connects && outflow != null && outflow.canConnect()) {
            int begun = startConnecting(outflow, operation);
            if (begun != -Errno.EAGAIN) return begun;
        }
        int result = connects ? connect(operation)
                : writable && !isBehind() ? write(operation) : UNDER_WAY;
        if (result == UNDER_WAY) result = watch(WRITING);
        if (result == UNDER_WAY) writing = operation;
        return result;
    }

    private int watch(int events) {
        if ((interest & events) == events) return UNDER_WAY;
        int op = interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
        int result = poller.control(op, fd, interest | events, token);
        if (result < 0) return failed(result == -Errno.ENOENT ? -Errno.EBADF : result);
        interest |= events;
        return UNDER_WAY;
    }

    private void continueReading() {
        readable = true;
        Operation operation = reading;
        if (operation == null) return;
        int result = operation.kind == Operation.Kind.READABLE ? 0 : read(operation);
        if (result == UNDER_WAY) return;
        reading = null;
        operation.result = result;
        operation.completed();
    }

    /// Whether what was promised to be sent is to be sent first.
    private boolean isBehind() {
        return outflow != null && outflow.isBehind();
    }

    private void continueWriting() {
        if (outflow != null && !outflow.catchUp(fd)) return;
        writable = true;
        Operation operation = writing;
        if (operation == null) return;
        int result = switch (operation.kind) {
            case WRITABLE -> 0;
            case CONNECT -> connected();
            default -> write(operation);
        };
        if (result == UNDER_WAY) return;
        writing = null;
        operation.result = result;
        operation.completed();
    }

    private int read(Operation operation) {
        int result = switch (operation.kind) {
            case RECEIVE -> receive(operation.array, operation.offset, operation.length);
            case ACCEPT -> accept(operation);
            default -> look(SystemCalls.POLLIN);
        };
        if (result != -Errno.EAGAIN) return result;
        readable = false;
        return UNDER_WAY;
    }

    private int write(Operation operation) {
        int result = operation.kind == Operation.Kind.SEND
                ? send(operation.array, operation.offset, operation.length)
                : look(SystemCalls.POLLOUT);
        if (result != -Errno.EAGAIN) return result;
        writable = false;
        return UNDER_WAY;
    }

    private int receive(byte[] array, int offset, int length) {
        if (inflow != null && inflow.isAhead()) return inflow.take(array, offset, length);
        int asked = Math.min(length, SystemCalls.CRITICAL_BYTES_MAX);
        int got;
        do
            got = file == null ? calls.recv(fd, array, offset, asked)
                    : file.read(array, offset, asked);
        while (got == -Errno.EINTR);
        return received(got, asked);
    }

    private int received(int got, int asked) {
        if (got < 0) return failed(got);
        if (got > 0 && got < asked && shortMeansEmpty) readable = false;
        return got;
    }

    /// A call on it has failed: returns why.
    private int failed(int result) {
        if (file != null || result != -Errno.EBADF && result != -Errno.ENOTSOCK) return result;
        if (fd >= 0) poller.forget(this, fd);
        fd = -Errno.EBADF;
        return fd;
    }

    /// Its number is that of another one: others have closed it.
    void lost() {
        if (file != null && file.isWatched) return;
        abandon();
        fd = -Errno.EBADF;
        callOff();
    }

    private int send(byte[] array, int offset, int length) {
        if (outflow != null) {
            int promised = outflow.send(fd, array, offset, length);
            if (promised != RingOutflow.NOT_TAKEN) return promised;
        }
        int size = Math.min(length, SystemCalls.CRITICAL_BYTES_MAX);
        int sent;
        do
            sent = file == null ? calls.send(fd, array, offset, size)
                    : file.write(array, offset, size);
        while (sent == -Errno.EINTR);
        return sent < 0 ? failed(sent) : sent;
    }

    private int accept(Operation operation) {
        if (inflow != null && inflow.isAhead()) return acceptAhead(inflow, operation);
        int flags = SystemCalls.SOCK_NONBLOCK | SystemCalls.SOCK_CLOEXEC;
        Sockaddr address = poller.address.cleared();
        int accepted;
        int skipped = 0;
        do accepted = calls.accept4(fd, address.memory, address.size, flags);
        while (isOfOneConnection(-accepted) && skipped++ < ACCEPTS_SKIPPED_MAX);
        if (accepted < 0) return failed(accepted);
        EpollSocket socket = poller.accepted(accepted, family);
        socket.keepPeer(address);
        operation.accepted = socket;
        return 0;
    }

    private int acceptAhead(RingInflow in, Operation operation) {
        int accepted = in.takeConnection();
        if (accepted < 0) return failed(accepted);
        EpollSocket socket = poller.accepted(accepted, family);
        socket.askForPeer();
        operation.accepted = socket;
        return 0;
    }

    // accept(2), "Error handling": errors of the connection that would have been accepted; the
    // next one may be fine. They may also be errors of the listener, so there is a bound.
    static boolean isOfOneConnection(int errno) {
        return switch (errno) {
            case Errno.EINTR, Errno.ECONNABORTED, Errno.EPROTO, Errno.ENETDOWN, ENOPROTOOPT,
                    EHOSTDOWN, ENONET, Errno.EHOSTUNREACH, Errno.EOPNOTSUPP, Errno.ENETUNREACH ->
                    true;
            default -> false;
        };
    }

    private int connect(Operation operation) {
        SocketAddress remote = Objects.requireNonNull(operation.remote, "CONNECT without remote");
        int size = poller.address.put(remote, family);
        if (size < 0) return size;
        int result = calls.connect(fd, poller.address.memory, size);
        while (result == -Errno.EINTR) {
            result = calls.connect(fd, poller.address.memory, size);
            if (result == -Errno.EISCONN) result = 0;       // the interrupted one got there
        }
        if (result == -Errno.EINPROGRESS || result == -Errno.EALREADY) return UNDER_WAY;
        if (result == 0) askForPeer();
        return result;
    }

    private int connected() {
        int error = getOption(SystemCalls.SOL_SOCKET, SystemCalls.SO_ERROR);
        if (error == 0) askForPeer();
        return error > 0 ? -error : error;
    }

    private void askForPeer() {
        if (datagrams) return;          // may be connected to another one later
        Sockaddr address = poller.address.cleared();
        if (calls.getpeername(fd, address.memory, address.size) == 0) keepPeer(address);
    }

    private void keepPeer(Sockaddr address) {
        packedPeer = address.packed();
        if (packedPeer == 0) sender = address.get();
    }

    /// poll(2) of this socket that does not wait: 0 if it is ready for `events`, or `-EAGAIN`.
    private int look(int events) {
        MemorySegment pollfd = poller.words;    // int fd, short events, short revents
        pollfd.set(JAVA_INT, 0, fd);
        pollfd.set(JAVA_SHORT, 4, (short) events);
        pollfd.set(JAVA_SHORT, 6, (short) 0);
        int ready;
        do ready = calls.poll(pollfd, 1);
        while (ready == -Errno.EINTR);
        return ready > 0 ? 0 : ready == 0 ? -Errno.EAGAIN : ready;
    }

    @Override
    public int sendNow(byte[] array, int offset, int length) {
        int sent = 0;
        while (true) {
            int result = fd < 0 ? -Errno.EBADF : send(array, offset + sent, length - sent);
            if (result == -Errno.EAGAIN) writable = false;
            if (result < 0) return sent > 0 ? sent : result;
            sent += result;
            if (sent == length || result < SystemCalls.CRITICAL_BYTES_MAX) return sent;
        }
    }

    @Override
    public int sendNow(ByteBuffer[] buffers) {
        int sent = 0;
        int next = 0;
        while (next < buffers.length) {
            ByteBuffer first = buffers[next];
            boolean isLarge = first.remaining() >= poller.gathered.length;
            int size = isLarge ? first.remaining() : gather(buffers, next);
            int result = isLarge ? sendNow(first) : sendNow(poller.gathered, 0, size);
            if (result < 0) return sent > 0 ? sent : result;
            sent += result;
            next = skip(buffers, next, isLarge ? 0 : result);
            if (result < size) break;
        }
        return sent;
    }

    // For one call instead of many. That is a copy: sendmsg(2) would find the buffers by their
    // addresses, and an array of the heap has none that lasts.
    private int gather(ByteBuffer[] buffers, int from) {
        byte[] gathered = poller.gathered;
        int size = 0;
        for (int i = from; i < buffers.length && size < gathered.length; i++) {
            int count = Math.min(buffers[i].remaining(), gathered.length - size);
            buffers[i].get(buffers[i].position(), gathered, size, count);
            size += count;
        }
        return size;
    }

    /// Moves on by `count` bytes. Returns the first buffer in which bytes remain.
    private static int skip(ByteBuffer[] buffers, int from, int count) {
        int left = count;
        for (int i = from; i < buffers.length; i++) {
            int skipped = Math.min(left, buffers[i].remaining());
            buffers[i].position(buffers[i].position() + skipped);
            left -= skipped;
            if (buffers[i].hasRemaining()) return i;
        }
        return buffers.length;
    }

    @Override
    public int openFile(Path path) {
        boolean isOfTheSystem = path.getFileSystem() == FileSystems.getDefault();
        return isOfTheSystem ? poller.openFile(path) : -Errno.EOPNOTSUPP;
    }

    @Override
    public int sendFile(int file, long position, int length) {
        if (fd < 0) return -Errno.EBADF;
        int before = outflow == null ? 0 : outflow.settle(fd);
        if (before < 0) return before;
        MemorySegment start = poller.words;
        int size = Math.min(length, FILE_BYTES_MAX);
        int sent;
        do {
            start.set(JAVA_LONG, 0, position);
            sent = calls.sendfile(fd, file, start, size);
        } while (sent == -Errno.EINTR);
        if (sent == -Errno.EAGAIN) writable = false;
        return sent;
    }

    @Override
    public void closeFile(int file) {
        calls.close(file);
    }

    @Override
    public int sendTo(byte[] array, int offset, int length, @Nullable SocketAddress to) {
        if (fd < 0) return -Errno.EBADF;
        if (length > SystemCalls.CRITICAL_BYTES_MAX) return -Errno.EMSGSIZE;
        Sockaddr address = poller.address;
        int size = to == null ? 0 : address.put(to, family);
        if (size < 0) return size;
        int sent;
        do
            sent = size == 0 ? calls.send(fd, array, offset, length)
                    : calls.sendto(fd, array, offset, length, address.memory, size);
        while (sent == -Errno.EINTR);
        if (sent == -Errno.EAGAIN) writable = false;
        return sent < 0 ? failed(sent) : sent;
    }

    @Override
    public int receiveFrom(byte[] array, int offset, int length) {
        if (fd < 0) return -Errno.EBADF;
        int asked = Math.min(length, SystemCalls.CRITICAL_BYTES_MAX);
        Sockaddr address = poller.address.cleared();
        int got;
        do got = calls.recvfrom(fd, array, offset, asked, address.memory, address.size);
        while (got == -Errno.EINTR);
        if (got >= 0) sender = address.get();
        else if (got == -Errno.EAGAIN) readable = false;
        return got < 0 ? failed(got) : got;
    }

    /// sock_diag(7): the last of SK_MEMINFO_VARS numbers, SK_MEMINFO_DROPS.
    @Override
    public long dropped() {
        if (fd < 0) return -1;
        Sockaddr space = poller.address.cleared();
        int result = calls.getsockopt(fd, SystemCalls.SOL_SOCKET, SystemCalls.SO_MEMINFO,
                space.memory, space.size);
        return result < 0 ? -1 : Integer.toUnsignedLong(space.memory.get(JAVA_INT, MEMINFO_DROPS));
    }

    @Override
    public @Nullable SocketAddress sender() {
        return sender;
    }

    @Override
    public boolean mayReceive() {
        return inflow == null ? readable : inflow.hasCome();
    }

    @Override
    public int receiveNow(byte[] array, int offset, int length) {
        int result = fd < 0 ? -Errno.EBADF : receive(array, offset, length);
        if (result == -Errno.EAGAIN) readable = false;
        return result;
    }

    @Override
    protected int receiveDirect(ByteBuffer buffer) {
        if (fd < 0) return -Errno.EBADF;
        if (inflow != null && inflow.isAhead()) return super.receiveDirect(buffer);
        MemorySegment bytes = MemorySegment.ofBuffer(buffer);
        int asked = Math.min(buffer.remaining(), SystemCalls.CRITICAL_BYTES_MAX);
        int got;
        do got = file == null ? calls.recv(fd, bytes, asked) : file.read(bytes, asked);
        while (got == -Errno.EINTR);
        if (got == -Errno.EAGAIN) readable = false;
        return received(got, asked);
    }

    @Override
    protected int sendDirect(ByteBuffer buffer) {
        if (!buffer.isDirect()) return super.sendDirect(buffer);
        if (fd < 0) return -Errno.EBADF;
        int before = outflow == null ? 0 : outflow.settle(fd);
        if (before < 0) return before;
        MemorySegment bytes = MemorySegment.ofBuffer(buffer);
        int size = Math.min(buffer.remaining(), SystemCalls.CRITICAL_BYTES_MAX);
        int sent;
        do sent = file == null ? calls.send(fd, bytes, size) : file.write(bytes, size);
        while (sent == -Errno.EINTR);
        if (sent == -Errno.EAGAIN) writable = false;
        return sent < 0 ? failed(sent) : sent;
    }

    @Override
    public int error() {
        return error;
    }

    @Override
    public int bind(SocketAddress address) {
        if (fd < 0) return -Errno.EBADF;
        int size = poller.address.put(address, family);
        return size < 0 ? size : calls.bind(fd, poller.address.memory, size);
    }

    @Override
    public int listen(int backlog) {
        if (inflow != null) inflow.becomesListener();
        return fd < 0 ? -Errno.EBADF : calls.listen(fd, backlog);
    }

    @Override
    public int shutdownOutput() {
        if (fd < 0) return -Errno.EBADF;
        return outflow != null ? outflow.shutdown(fd) : calls.shutdown(fd, SystemCalls.SHUT_WR);
    }

    /// LINGER is in seconds; below 0 it is off.
    @Override
    public int setOption(Option option, int value) {
        if (fd < 0) return -Errno.EBADF;
        boolean lingers = option == Option.LINGER;      // int onoff, int seconds
        if (lingers && outflow != null) outflow.aborts(value == 0);
        poller.words.set(JAVA_INT, 0, lingers && value >= 0 ? 1 : lingers ? 0 : value);
        poller.words.set(JAVA_INT, 4, Math.max(value, 0));
        int size = lingers ? 2 * Integer.BYTES : Integer.BYTES;
        return calls.setsockopt(fd, level(option), name(option), poller.words, size);
    }

    /// LINGER is in seconds, -1 if it is off.
    @Override
    public int getOption(Option option) {
        if (fd < 0) return -Errno.EBADF;
        int value = getOption(level(option), name(option));
        if (option != Option.LINGER || value < 0) return value;
        return value == 0 ? -1 : poller.words.get(JAVA_INT, 4);
    }

    private int getOption(int level, int name) {
        poller.address.size.set(JAVA_INT, 0, 2 * Integer.BYTES);
        int result = calls.getsockopt(fd, level, name, poller.words, poller.address.size);
        return result < 0 ? result : poller.words.get(JAVA_INT, 0);
    }

    private static int level(Option option) {
        return switch (option) {
            case NO_DELAY -> SystemCalls.IPPROTO_TCP;
            case V6_ONLY -> SystemCalls.IPPROTO_IPV6;
            case REUSE_ADDRESS, REUSE_PORT, KEEP_ALIVE, SEND_BUFFER, RECEIVE_BUFFER, LINGER,
                    BROADCAST -> SystemCalls.SOL_SOCKET;
        };
    }

    private static int name(Option option) {
        return switch (option) {
            case REUSE_ADDRESS -> SystemCalls.SO_REUSEADDR;
            case REUSE_PORT -> SystemCalls.SO_REUSEPORT;
            case KEEP_ALIVE -> SystemCalls.SO_KEEPALIVE;
            case NO_DELAY -> SystemCalls.TCP_NODELAY;
            case SEND_BUFFER -> SystemCalls.SO_SNDBUF;
            case RECEIVE_BUFFER -> SystemCalls.SO_RCVBUF;
            case LINGER -> SystemCalls.SO_LINGER;
            case V6_ONLY -> SystemCalls.IPV6_V6ONLY;
            case BROADCAST -> SystemCalls.SO_BROADCAST;
        };
    }

    @Override
    public @Nullable SocketAddress localAddress() {
        if (fd < 0) return null;
        Sockaddr address = poller.address.cleared();
        return calls.getsockname(fd, address.memory, address.size) < 0 ? null : address.get();
    }

    @Override
    public @Nullable SocketAddress remoteAddress() {
        if (packedPeer != 0) return Sockaddr.ofPacked(packedPeer);
        if (!datagrams || fd < 0) return sender;
        Sockaddr address = poller.address.cleared();
        return calls.getpeername(fd, address.memory, address.size) < 0 ? null : address.get();
    }

    @Override
    public @Nullable Object fileKey(SocketAddress address) {
        return SocketFile.key(address);
    }

    @Override
    public int unlink(SocketAddress address, @Nullable Object fileKey) {
        return fileKey != null ? SocketFile.unlink(address, fileKey)
                : SocketFile.unlinkStale(address, () -> poller.connectOnce(address));
    }

    @Override
    public int number() {
        if (outflow != null && isOpen()) outflow.push(fd);
        return isOpen() ? fd : -1;
    }

    @Override
    public boolean isOpen() {
        return fd >= 0;
    }

    @Override
    public void close() {
        if (fd >= 0) release();
        fd = -Errno.EBADF;
        callOff();
    }

    private void release() {
        if (!poller.forget(this, fd) || !isOurs()) abandon();
        else if (outflow != null && !outflow.isLingering()) closeByRing(outflow);
        else if (file == null) calls.close(fd);
        else if (!file.isWatched) file.close();
    }

    private void abandon() {
        if (inflow != null) inflow.drop();
        if (outflow != null) outflow.abandon();
    }

    private void closeByRing(RingOutflow out) {
        boolean isBusy = out.isSending() || inflow != null && inflow.isReceiving();
        out.callOffConnecting();
        if (inflow != null) inflow.drop();
        if (isBusy) out.close(fd);
        else calls.close(fd);
    }

    /// Whether the number is its own still, as far as epoll knows, which watches it no more.
    private boolean isOurs() {
        if (interest == 0 && file == null) return true;
        // Others may have the same open file, and epoll would keep it.
        int result = poller.control(EPOLL_CTL_DEL, fd, 0, token);
        boolean isKnown = result != -Errno.ENOENT && result != -Errno.EBADF;
        return isKnown || interest == 0 || file != null && file.status.isDevice();
    }

    private void callOff() {
        Operation reader = reading;
        Operation writer = writing;
        reading = null;
        writing = null;
        if (reader != null) callOff(reader);
        if (writer != null) callOff(writer);
    }

    private static void callOff(Operation operation) {
        operation.result = -Errno.EBADF;
        operation.completed();
    }

    private IllegalStateException busy(Operation operation) {
        return new IllegalStateException("fd " + fd + " is "
                + (operation.kind.reads ? "receiving" : "sending")
                + " already: one operation at a time in each direction");
    }
}

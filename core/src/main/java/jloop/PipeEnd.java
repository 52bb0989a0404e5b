package jloop;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import jloop.poller.Descriptor;
import jloop.poller.ForeignFile;
import jloop.poller.ForeignFile.Use;
import org.jspecify.annotations.Nullable;

/// One end of a pipe, or a terminal, another character device or a socket that is used like
/// one: in one direction.
///
/// It is a name: nothing is opened or owned until it is connected, by
/// [Asyncio#connectReadPipe], [Asyncio#openReadPipe] or their twins for writing. That can be
/// done once; from then on the end is theirs, and closed by them. Regular files are no pipes.
///
/// Descriptors, standard streams and named pipes are for the poller epoll, Linux with native
/// access. It takes channels of java.nio too if their descriptors are within reach: start java
/// with `--add-exports java.base/sun.nio.ch=jloop` (`ALL-UNNAMED` on the class path), as
/// `./jloop run` does. The nio poller takes channels alone. In virtual time there is [#pair].
///
/// **As in asyncio**: the `pipe` that `connect_read_pipe` is given.
public final class PipeEnd implements AutoCloseable {

    private final String name;
    private final @Nullable ForeignFile file;       // null: open already, one of a pair
    private final @Nullable Use madeFor;            // of a pair
    private @Nullable Socket socket;
    private boolean taken;

    private PipeEnd(String name, ForeignFile file) {
        this.name = name;
        this.file = file;
        this.madeFor = null;
    }

    /// One that is open already.
    PipeEnd(String name, EventLoop loop, Descriptor descriptor, Use madeFor) {
        this.name = name;
        this.file = null;
        this.madeFor = madeFor;
        this.socket = new Socket(loop, descriptor, this);
    }

    /// The standard input of this process. What is connected is the same pipe or terminal,
    /// opened once more: descriptor 0 stays open and in blocking mode, also for the programs
    /// that share it, as the shell does.
    ///
    /// What `System.in` has read ahead is lost to it.
    public static PipeEnd stdin() {
        return new PipeEnd("stdin", new ForeignFile.Standard(0));
    }

    /// The standard output, as [#stdin()]. Whoever reads it sees its end when descriptor 1 is
    /// closed, so at the end of the process.
    public static PipeEnd stdout() {
        return new PipeEnd("stdout", new ForeignFile.Standard(1));
    }

    /// The standard error output, as [#stdout()].
    public static PipeEnd stderr() {
        return new PipeEnd("stderr", new ForeignFile.Standard(2));
    }

    /// An open file descriptor. Connected, it is in non-blocking mode until it is closed; if it
    /// was in blocking mode it is put back before, as other processes may share it.
    ///
    /// **Errors**: IllegalArgumentException if it is negative.
    public static PipeEnd ofDescriptor(int fd) {
        return new PipeEnd("fd " + checked(fd), new ForeignFile.Numbered(fd));
    }

    static int checked(int fd) {
        if (fd < 0)
            throw new IllegalArgumentException("a file descriptor is at least 0, not " + fd);
        return fd;
    }

    /// A channel of java.nio, as one of [java.nio.channels.Pipe].
    public static PipeEnd of(SelectableChannel channel) {
        return new PipeEnd(channel.toString(),
                new ForeignFile.Channel(Objects.requireNonNull(channel, "channel")));
    }

    /// A named pipe. To open it does not wait: to be read from, it is there whether anybody
    /// writes or not; to be written to, somebody must have it open for reading.
    public static PipeEnd open(Path fifo) {
        return new PipeEnd(fifo.toString(), new ForeignFile.Fifo(fifo));
    }

    /// Two ends of a new pipe, both for `loop`: what a test needs, and in virtual time all
    /// there is. They are to be connected or closed.
    ///
    /// **Errors**: ResourceShortageException if there are no descriptors left.
    public static PipePair pair(EventLoop loop) throws IOException {
        loop.checkThread("pair");
        loop.checkOpen();
        List<Descriptor> ends = loop.poller.pipe();
        for (Descriptor end : ends)
            if (end.error() < 0) throw SocketErrors.of("open", "a pipe", end.error());
        return new PipePair(new PipeEnd("reading end", loop, ends.getFirst(), Use.READ),
                new PipeEnd("writing end", loop, ends.getLast(), Use.WRITE));
    }

    /// Connects it to `loop` as what [EventLoop#sockRecv] receives from. A socket only in that;
    /// it has no addresses and options. This is what transports and streams are made of.
    ///
    /// **Errors**: IllegalStateException if it was connected before, or closed;
    /// IllegalArgumentException if it is of another kind, or is for writing only;
    /// IOException if it cannot be opened; UnsupportedOperationException if the poller of the
    /// loop has no such ends.
    public Socket forReading(EventLoop loop) throws IOException {
        return connect(loop, Use.READ);
    }

    /// The same as what [EventLoop#sockSendall] sends to.
    public Socket forWriting(EventLoop loop) throws IOException {
        return connect(loop, Use.WRITE);
    }

    private Socket connect(EventLoop loop, Use use) throws IOException {
        loop.checkThread(use == Use.READ ? "forReading" : "forWriting");
        loop.checkOpen();
        if (taken) throw new IllegalStateException(this + " was connected or closed before");
        Socket connected = file == null ? ofPair(loop, use) : adopted(loop, file, use);
        socket = connected;
        taken = true;
        return connected;
    }

    private Socket ofPair(EventLoop loop, Use use) {
        Socket made = Objects.requireNonNull(socket);
        if (made.loop != loop)
            throw new IllegalArgumentException(
                    this + " belongs to another loop, " + made.loop);
        if (use != madeFor)
            throw new IllegalArgumentException(this + " is the other end of the pipe");
        return made;
    }

    private Socket adopted(EventLoop loop, ForeignFile found, Use use) throws IOException {
        Descriptor descriptor = loop.poller.adopt(found, use);
        if (descriptor.error() < 0) throw SocketErrors.of("open", this, descriptor.error());
        return new Socket(loop, descriptor, this);
    }

    /// Closes it, unless a transport or a [jloop.io.StreamWriter] has it: they close it by
    /// themselves. A [jloop.io.StreamReader] that has it is at the end of its stream.
    @Override
    public void close() {
        taken = true;
        if (socket != null) socket.close();
    }

    String name() {
        return name;
    }

    @Override
    public String toString() {
        return "<PipeEnd " + name + ">";
    }
}

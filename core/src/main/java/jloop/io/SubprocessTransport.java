package jloop.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import jloop.ChildProcess;
import jloop.Context;
import jloop.EventLoop;
import jloop.Future;
import jloop.PipeEnd;
import jloop.ProcessLookupException;
import jloop.poller.Redirect;
import org.jspecify.annotations.Nullable;

/// A child process at the level of callbacks: it tells its [SubprocessProtocol] what becomes of
/// the process and what that writes.
///
/// **As in asyncio**: `SubprocessTransport`.
public final class SubprocessTransport implements AutoCloseable {

    /*
     * connectionLost is told when three things have come together, in whatever order: the process
     * has ended, each pipe is lost, and connectionMade was told. The last comes first, since it is
     * the first call that is scheduled.
     */

    private final EventLoop loop;
    private final ChildProcess child;
    private final Context context = Context.copyContext();
    private final @Nullable PipeTransport[] pipes = new PipeTransport[3];
    private final boolean errorsMerged;
    private SubprocessProtocol protocol;
    private int openPipes;
    private boolean exited;             // as far as the protocol knows
    private boolean closing;
    private boolean lost;
    private @Nullable Throwable lostBy;

    SubprocessTransport(EventLoop loop, ChildProcess child, SubprocessProtocol protocol,
            SubprocessOptions options) throws IOException {
        this.loop = loop;
        this.child = child;
        this.protocol = protocol;
        this.errorsMerged = options.stderr() == Redirect.STDOUT;
        PipeEnd input = child.stdin();
        if (input != null)
            add(0, new WritePipeTransport(loop, input, input.forWriting(loop), new Pipe(0)));
        addReader(1, child.stdout());
        addReader(2, child.stderr());
        child.whenEnded().addDoneCallback(_ -> exited(), context);
    }

    private void addReader(int fd, @Nullable PipeEnd end) throws IOException {
        if (end != null)
            add(fd, new ReadPipeTransport(loop, end, end.forReading(loop), new Pipe(fd)));
    }

    private void add(int fd, PipeTransport pipe) {
        pipes[fd] = pipe;
        openPipes++;
    }

    /// What becomes of one pipe.
    private final class Pipe implements Protocol {

        private final int fd;

        Pipe(int fd) {
            this.fd = fd;
        }

        @Override
        public void dataReceived(ByteBuffer data) throws Exception {
            protocol.pipeDataReceived(fd, data);
        }

        @Override
        public void connectionLost(@Nullable Throwable why) throws Exception {
            openPipes--;
            try {
                protocol.pipeConnectionLost(fd, why);
            } finally {
                finishIfOver();
            }
        }

        @Override
        public void pauseWriting() throws Exception {
            protocol.pauseWriting();
        }

        @Override
        public void resumeWriting() throws Exception {
            protocol.resumeWriting();
        }
    }

    // ---- The beginning

    /// Has the protocol told soon, and after that of what comes. The future is done when it
    /// was.
    @SuppressWarnings("NullAway")           // Void has no other value
    Future<Void> begin() {
        Future<Void> told = loop.createFuture();
        loop.callSoon(() -> {
            made();
            if (!told.done()) told.setResult(null);
        }, context);
        for (PipeTransport pipe : pipes)
            if (pipe != null) pipe.begin();
        return told;
    }

    private void made() {
        try {
            protocol.connectionMade(this);
        } catch (Throwable e) {             // all: what a protocol throws there ends its process
            report("connectionMade", e);
            lostBy = e;
            close();
        }
    }

    // ---- The end

    private void exited() {
        exited = true;
        try {
            protocol.processExited();
        } catch (Throwable e) {             // all: it was told
            report("processExited", e);
        }
        finishIfOver();
    }

    private void finishIfOver() {
        if (!exited || openPipes > 0 || lost) return;
        lost = true;
        loop.callSoon(this::lost, context);
    }

    private void lost() {
        closing = true;
        try {
            protocol.connectionLost(lostBy);
        } catch (Throwable e) {             // all: it was told, and that was the last
            report("connectionLost", e);
        }
    }

    private void report(String method, Throwable thrown) {
        Service.report(loop, method + " of a protocol failed", thrown, this);
    }

    /// Closes the pipes and kills the process if it runs still. Then the protocol is told, in
    /// later turns. Closing again does nothing.
    @Override
    public void close() {
        if (closing) return;
        closing = true;
        for (PipeTransport pipe : pipes)
            if (pipe != null) pipe.close();
        if (child.returncode() != null) return;
        try {
            child.kill();
        } catch (UncheckedIOException e) {
            // As in asyncio: it has become another user, and is told by the ends of its pipes.
        }
    }

    public boolean isClosing() {
        return closing;
    }

    /// The process, which was started and is not wanted any more.
    ChildProcess child() {
        return child;
    }

    // ---- Signals

    /// Sends the process a signal. If it has ended and the loop does not know yet, nothing
    /// happens.
    ///
    /// **Errors**: [ProcessLookupException] once [#getReturncode()] is known;
    /// IllegalArgumentException if there is no such signal; UncheckedIOException if it may not
    /// be signalled by us.
    public void sendSignal(int number) {
        child.sendSignal(number);
    }

    /// Asks it to end: SIGTERM. Errors as [#sendSignal].
    public void terminate() {
        child.terminate();
    }

    /// Ends it: SIGKILL. Errors as [#sendSignal].
    public void kill() {
        child.kill();
    }

    // ---- What there is to know

    public long getPid() {
        return child.pid();
    }

    /// As [Subprocess#returncode()].
    public @Nullable Integer getReturncode() {
        return child.returncode();
    }

    /// The transport of the pipe that is `fd` in the process, 0, 1 or 2, or null if that is no
    /// pipe.
    public @Nullable Transport getPipeTransport(int fd) {
        return fd >= 0 && fd < pipes.length ? pipes[fd] : null;
    }

    /// Sets who is told from now on.
    public void setProtocol(SubprocessProtocol protocol) {
        this.protocol = protocol;
    }

    public SubprocessProtocol getProtocol() {
        return protocol;
    }

    /// What is known under `name`: `subprocess`, a [ChildProcess]; else null.
    public @Nullable Object getExtraInfo(String name) {
        return name.equals("subprocess") ? child : null;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("<SubprocessTransport");
        if (closing) text.append(" closed");
        text.append(" pid=").append(getPid());
        if (getReturncode() == null) text.append(" running");
        else text.append(" returncode=").append(getReturncode());
        if (pipes[0] != null) text.append(" stdin=").append(pipes[0]);
        if (pipes[1] != null)
            text.append(errorsMerged ? " stdout=stderr=" : " stdout=").append(pipes[1]);
        if (pipes[2] != null) text.append(" stderr=").append(pipes[2]);
        return text.append('>').toString();
    }
}

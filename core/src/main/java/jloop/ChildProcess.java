package jloop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import jloop.kernel.Errno;
import jloop.poller.Child;
import jloop.poller.Descriptor;
import jloop.poller.ForeignFile.Use;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// A child process of one loop, at the lowest level: what [jloop.io.Subprocess] and
/// [jloop.io.SubprocessTransport] are made of.
///
/// It is reaped once, by its loop, as soon as it has ended. One that still runs when the loop
/// is closed is killed.
public final class ChildProcess {

    /// Asks a process to end.
    public static final int SIGTERM = 15;

    /// Ends a process, which is not asked.
    public static final int SIGKILL = 9;

    private static final int UNKNOWN = 255;         // asyncio: unix_events, reaped by others

    private final EventLoop loop;
    private final Child child;
    private final List<String> command;
    private final boolean leadsGroup;
    private final @Nullable PipeEnd stdin;
    private final @Nullable PipeEnd stdout;
    private final @Nullable PipeEnd stderr;
    private final List<Future<Integer>> waiting = new ArrayList<>();
    private boolean groupSignals;
    private @Nullable Integer returncode;

    private ChildProcess(EventLoop loop, Child child, SpawnRequest request) {
        this.loop = loop;
        this.child = child;
        this.command = request.command();
        this.leadsGroup = request.leadsGroup();
        this.stdin = end("stdin", child.stdin(), Use.WRITE);
        this.stdout = end("stdout", child.stdout(), Use.READ);
        this.stderr = end("stderr", child.stderr(), Use.READ);
    }

    private @Nullable PipeEnd end(String name, @Nullable Descriptor descriptor, Use use) {
        return descriptor == null ? null
                : new PipeEnd(name + " of process " + child.pid(), loop, descriptor, use);
    }

    /// Starts a child process. The loop stands still for as long as the system takes to get at
    /// the program.
    ///
    /// **Errors**: NoSuchFileException if there is no such program or directory,
    /// AccessDeniedException, [ResourceShortageException] if there are no descriptors or
    /// processes left, else a FileSystemException, which all name what they are about;
    /// UnsupportedOperationException if the poller of the loop starts no children, or none of
    /// that sort.
    public static ChildProcess spawn(EventLoop loop, SpawnRequest request) throws IOException {
        loop.checkThread("spawn");
        loop.checkOpen();
        Child child = loop.poller.spawn(request);
        if (child.error() < 0) throw failure(child, request);
        ChildProcess process = new ChildProcess(loop, child, request);
        loop.children.add(process);
        boolean watched = false;
        try {
            child.watch(() -> loop.ready.add(new Handle(process::ended)));
            watched = true;
            return process;
        } finally {
            if (!watched) process.undo();
        }
    }

    private static IOException failure(Child child, SpawnRequest request) {
        String culprit = child.culprit();
        String program = request.command().getFirst();
        int errno = -child.error();
        String why = (errno == Errno.EAGAIN ? "EAGAIN: no more processes are allowed"
                : Errno.text(errno))
                + (culprit.equals(program) ? "" : " (to start " + program + ")");
        return switch (errno) {
            case Errno.ENOENT -> new NoSuchFileException(culprit, null, why);
            case Errno.EACCES -> new AccessDeniedException(culprit, null, why);
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.EAGAIN ->
                new ResourceShortageException(culprit + ": " + why);
            default -> new FileSystemException(culprit, null, why);
        };
    }

    // ---- The end

    /// Has ended; a call of the loop.
    private void ended() {
        if (!loop.children.remove(this)) return;        // abandoned meanwhile
        if (groupSignals) child.signalGroup(SIGKILL);
        int status = child.reap();
        if (status == Child.REAPED_BY_OTHERS) {
            status = UNKNOWN;
            System.getLogger("jloop").log(Logger.Level.WARNING,
                    "{0} was reaped by somebody else: its return code is unknown, and taken"
                    + " for 255", this);
        }
        returncode = status;
        for (Future<Integer> waiter : waiting)
            if (!waiter.done()) waiter.setResult(status);
        waiting.clear();
    }

    private void undo() {
        abandon();
        for (PipeEnd end : new @Nullable PipeEnd[] {stdin, stdout, stderr})
            if (end != null) end.close();
    }

    /// The loop is closed. Returns whether it ran still.
    boolean abandon() {
        loop.children.remove(this);
        if (groupSignals && returncode == null) child.signalGroup(SIGKILL);
        return child.close();
    }

    /// A future that is done when the process has ended and is reaped, with its return code. A
    /// new one each time: to cancel it does no harm.
    public Future<Integer> whenEnded() {
        loop.checkThread("whenEnded");
        Future<Integer> waiter = loop.createFuture();
        Integer known = returncode;
        if (known == null) waiting.add(waiter);
        else waiter.setResult(known);
        return waiter;
    }

    /// Waits until the process has ended; what others have of its pipes does not matter.
    /// Returns its return code.
    ///
    /// **Cancellation**: the process goes on.
    public int await() {
        loop.checkThread("await");
        Integer known = returncode;
        if (known != null) return known;
        Future<Integer> waiter = whenEnded();
        try {
            return waiter.await();
        } finally {
            waiting.remove(waiter);
        }
    }

    // ---- Signals

    /// From now on signals are for the whole process group, which it leads; and what is left of
    /// it when the process has ended is killed.
    ///
    /// **Errors**: IllegalStateException if it does not lead a group.
    public void signalGroup() {
        if (!leadsGroup)
            throw new IllegalStateException(this + " leads no process group: signals for a group"
                    + " need a new session, or process group 0");
        groupSignals = true;
    }

    /// Sends the process a signal. One that has ended, which the loop does not know yet, is
    /// none the worse for it.
    ///
    /// **Errors**: [ProcessLookupException] if it is known to have ended;
    /// IllegalArgumentException if there is no such signal; UncheckedIOException if it may not
    /// be signalled by us.
    public void sendSignal(int number) {
        loop.checkThread("sendSignal");
        if (returncode != null)
            throw new ProcessLookupException(this + " has ended: it can get no signal");
        int result = groupSignals ? child.signalGroup(number) : child.signal(number);
        if (result == 0 || result == -Errno.ESRCH) return;
        if (result == -Errno.EINVAL)
            throw new IllegalArgumentException("no signal has the number " + number);
        throw new UncheckedIOException(
                new AccessDeniedException(toString(), null, Errno.text(-result)));
    }

    /// Asks it to end: SIGTERM.
    public void terminate() {
        sendSignal(SIGTERM);
    }

    /// Ends it: SIGKILL.
    public void kill() {
        sendSignal(SIGKILL);
    }

    // ---- What there is to know

    public long pid() {
        return child.pid();
    }

    /// Null while it runs; its exit code, or the negative number of the signal that has ended
    /// it; 255 if somebody else has reaped it.
    public @Nullable Integer returncode() {
        return returncode;
    }

    /// Our end of its standard input if that is a [Redirect#PIPE], else null. Who has it
    /// connects or closes it.
    public @Nullable PipeEnd stdin() {
        return stdin;
    }

    /// The same of its standard output.
    public @Nullable PipeEnd stdout() {
        return stdout;
    }

    /// The same of its standard error.
    public @Nullable PipeEnd stderr() {
        return stderr;
    }

    @Override
    public String toString() {
        return "<ChildProcess " + pid() + " " + command.getFirst()
                + (returncode == null ? " running" : " returncode=" + returncode) + ">";
    }
}

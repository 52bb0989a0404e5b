package jloop.io;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import jloop.Asyncio;
import jloop.ChildProcess;
import jloop.EventLoop;

/// Starts child processes: what [Asyncio#createSubprocessExec] and [Asyncio#subprocessExec] do,
/// and their twins for a shell.
public final class Subprocesses {

    private Subprocesses() { }

    /// What has the system's shell carry out `command`.
    public static List<String> shell(String command) {
        return List.of("/bin/sh", "-c", command);
    }

    /// Starts a process with streams.
    public static Subprocess open(List<String> command, SubprocessOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return new Subprocess(loop, spawn(loop, command, options), options);
    }

    /// Starts a process with a protocol.
    public static <P extends SubprocessProtocol> SubprocessConnection<P> connect(
            Supplier<P> factory, List<String> command, SubprocessOptions options)
            throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        P protocol = Objects.requireNonNull(factory.get(), "protocol");
        SubprocessTransport transport = new SubprocessTransport(
                loop, spawn(loop, command, options), protocol, options);
        boolean complete = false;
        try {
            transport.begin().await();
            complete = true;
            return new SubprocessConnection<>(transport, protocol);
        } finally {
            if (!complete) undo(transport);
        }
    }

    /// Cancelled, until it is as if it had not begun.
    private static void undo(SubprocessTransport transport) {
        transport.close();
        Asyncio.shielded(Subprocess.KILLED_WITHIN, () -> transport.child().await());
    }

    /// Others have their turn before, and a cancellation its moment: the loop stands still
    /// while a process is started.
    private static ChildProcess spawn(
            EventLoop loop, List<String> command, SubprocessOptions options) throws IOException {
        var request = options.request(command);
        if (options.groupSignals() && !request.leadsGroup())
            throw new IllegalArgumentException("signals for a group need one of the process's own:"
                    + " a new session, or process group 0");
        Asyncio.sleep(Duration.ZERO);
        ChildProcess child = ChildProcess.spawn(loop, request);
        if (options.groupSignals()) child.signalGroup();
        return child;
    }
}

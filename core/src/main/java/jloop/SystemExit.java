package jloop;

/// Asks the program to end with a status, from within a callback or a task: it comes out of
/// [Asyncio#run] or [EventLoop#runForever()], and the launcher exits with the status.
///
/// **As in asyncio**: Python's `SystemExit` tears through the loop in the same way.
public final class SystemExit extends Error {

    private static final long serialVersionUID = 1;

    private final int status;

    public SystemExit(int status) {
        super("exit status " + status);
        this.status = status;
    }

    public int status() {
        return status;
    }
}

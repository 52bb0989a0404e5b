package jloop;

/// Ctrl-C, as it comes out of [Asyncio#run] or [EventLoop#runForever()].
///
/// With [SystemExit], the only throwable that a callback or a task throws *through* the loop:
/// the run ends with it, everything else stays queued.
public final class KeyboardInterrupt extends Error {

    private static final long serialVersionUID = 1;

    public KeyboardInterrupt() {
        super("interrupted from the keyboard");
    }
}

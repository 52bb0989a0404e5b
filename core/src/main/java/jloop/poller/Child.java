package jloop.poller;

import org.jspecify.annotations.Nullable;

/// A child process that a [Poller] has started.
///
/// It is over in two steps: the poller tells that it has ended ([#watch(Runnable)]), then its
/// owner reaps it ([#reap()]), once. Until then its number cannot be another's.
///
/// Numbers as everywhere in this package: 0 or more, or `-errno`.
public abstract class Child {

    /// What [#reap()] returns if somebody else has reaped it, so that nobody knows more.
    public static final int REAPED_BY_OTHERS = Integer.MIN_VALUE;

    /// Our ends of its pipes, by their numbers in the child; null where there is no pipe. The
    /// poller sets them before it gives the child away.
    protected final @Nullable Descriptor[] ends = new Descriptor[3];

    /// A child of whatever state.
    protected Child() { }

    /// 0, or `-errno` if it could not be started: then there is nothing to reap or to close,
    /// and no other method but [#culprit()] may be called.
    public abstract int error();

    /// What [#error()] is about: the program, the directory, or a file.
    public abstract String culprit();

    /// Its process id.
    public abstract long pid();

    /// Our end of its standard input if that is a [Redirect#PIPE], to send to; else null.
    /// Whoever has started the child closes it, and so the other two.
    public final @Nullable Descriptor stdin() {
        return ends[0];
    }

    /// The same of its standard output, to receive from.
    public final @Nullable Descriptor stdout() {
        return ends[1];
    }

    /// The same of its standard error.
    public final @Nullable Descriptor stderr() {
        return ends[2];
    }

    /// Has `ended` run when it has ended, within a later [Poller#poll(long)], once. It runs on
    /// the bare carrier: takes no lock, logs nothing, runs no code of users. To be called once.
    public abstract void watch(Runnable ended);

    /// After it has ended: its status, which is its exit code, the negative number of the
    /// signal that has killed it, or [#REAPED_BY_OTHERS]. To be called once; after that no
    /// method may be called but [#pid()], the three streams and [#close()].
    public abstract int reap();

    /// Sends it a signal. 0, also if it has ended and was not reaped yet, or `-errno`.
    ///
    /// **Errors**: UnsupportedOperationException if this poller cannot send that signal.
    public abstract int signal(int number);

    /// Sends a signal to its process group, which it leads. Otherwise as [#signal(int)].
    public abstract int signalGroup(int number);

    /// Gives up: if it runs still it is killed, and `ended` is not run any more. Waits until it
    /// is reaped, a second at most; the kernel may take longer, and a thread waits for it then.
    /// Returns whether it did run still. Closing again does nothing.
    public abstract boolean close();
}

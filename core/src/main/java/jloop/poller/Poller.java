package jloop.poller;

import java.util.List;

/// What sleeps in the kernel for a loop and carries out its I/O.
///
/// Completion style: an [Operation] is submitted and, when it is over, has its result. A
/// reactor (epoll, java.nio) imitates that by trying the call, and again when the descriptor is
/// ready; a proactor hands the operation to the kernel as it is.
///
/// **Threads**: the loop's thread, except [#wake()]. Successive calls may come from different
/// threads as long as each call happens-before the next.
public interface Poller extends AutoCloseable {

    /// A time-out that never ends.
    long FOREVER = Long.MAX_VALUE;

    /// A new stream socket of the address family, non-blocking and close-on-exec. If there is
    /// none to be had, [Descriptor#error()] of what is returned says why.
    Descriptor open(Family family);

    /// A new datagram socket, otherwise as [#open(Family)].
    ///
    /// **Errors**: UnsupportedOperationException if this poller has none of that family.
    default Descriptor openDatagram(Family family) {
        throw new UnsupportedOperationException("this poller has no datagram sockets");
    }

    /// Takes over `file` for `use`. If that fails, [Descriptor#error()] of what is returned
    /// says why; then nobody has taken anything over. To be watched, a file must not be one
    /// that this poller has already (`EEXIST`), and only READABLE and WRITABLE may be
    /// submitted.
    ///
    /// **Errors**: IllegalArgumentException if the file is of a kind that nobody can wait for,
    /// or cannot be used so; UnsupportedOperationException if this poller has no files of that
    /// sort.
    default Descriptor adopt(ForeignFile file, ForeignFile.Use use) {
        throw new UnsupportedOperationException("this poller takes over no files: " + file);
    }

    /// The ends of a new pipe: first the one to receive from, then the one to send to. If there
    /// is none to be had, [Descriptor#error()] of both says why.
    default List<Descriptor> pipe() {
        throw new UnsupportedOperationException("this poller has no pipes");
    }

    /// Starts a child process. If that fails, [Child#error()] of what is returned says why.
    /// Children are not ended with the poller: whoever starts them closes them, which works
    /// afterwards too.
    ///
    /// **Errors**: UnsupportedOperationException if this poller starts no children, or none of
    /// that sort: its message names what it cannot do.
    default Child spawn(SpawnRequest request) {
        throw new UnsupportedOperationException("this poller starts no child processes");
    }

    /// What this loop's files are opened by.
    default FileDriver fileDriver() {
        return FileDriver.CHANNELS;
    }

    /// Starts `operation`. Returns true if it is over already, with its result set and
    /// [Operation#completed()] not called; false if it is under way, in which case
    /// [Operation#completed()] is called within a later [#poll(long)].
    ///
    /// **Errors**: IllegalStateException if the descriptor already has an operation in the same
    /// direction under way.
    boolean submit(Operation operation);

    /// Calls off `operation`. Returns true if it is off: it had no effect, will have none, and
    /// [Operation#completed()] is not called. Returns false if it was over before, or if its
    /// end is still to come: then [Operation#completed()] is called with what it did, or
    /// `ECANCELED`.
    boolean cancel(Operation operation);

    /// Sleeps until an operation is over, [#wake()] is called or `timeoutNanos` have passed,
    /// and completes what is over. 0 looks without sleeping. May return early with nothing
    /// done.
    void poll(long timeoutNanos);

    /// Ends the [#poll(long)] that is under way, or else the next one at once. Any thread, at
    /// any time, also after [#close()]; never blocks.
    void wake();

    /// Gives everything back to the kernel. Descriptors still open are closed. May be called
    /// twice.
    @Override
    void close();
}

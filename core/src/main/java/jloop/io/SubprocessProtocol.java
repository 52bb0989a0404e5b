package jloop.io;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What a [SubprocessTransport] tells of its child process.
///
/// The order is [#connectionMade], then what comes, in any order, then [#connectionLost], once.
/// One call at a time, as a callback of the loop; none may await. Pipes have the numbers that
/// they have in the child: 0, 1 and 2.
///
/// **Errors**: what [#connectionMade] throws ends the process; what [#pipeDataReceived] throws
/// ends that pipe. The exception handler is told of these and of all others, IOExceptions from
/// [#pipeDataReceived] excepted.
/// **As in asyncio**: `SubprocessProtocol`.
public interface SubprocessProtocol {

    /// The process was started.
    default void connectionMade(SubprocessTransport transport) throws Exception { }

    /// It has written to pipe `fd`, 1 or 2. `data` is new and the receiver's to keep.
    default void pipeDataReceived(int fd, ByteBuffer data) throws Exception { }

    /// Pipe `fd` is closed: by the process, and by all that have it from it, or by us. `why` is
    /// null for its end in order.
    default void pipeConnectionLost(int fd, @Nullable Throwable why) throws Exception { }

    /// The process has ended: [SubprocessTransport#getReturncode()] is known. There may be more
    /// in its pipes.
    default void processExited() throws Exception { }

    /// The process has ended and its pipes are closed. `why` is null, unless a method that
    /// threw has ended it.
    default void connectionLost(@Nullable Throwable why) throws Exception { }

    /// More is kept for its standard input than the limits of that transport allow.
    default void pauseWriting() throws Exception { }

    /// The other side of [#pauseWriting]: it is little enough again.
    default void resumeWriting() throws Exception { }
}

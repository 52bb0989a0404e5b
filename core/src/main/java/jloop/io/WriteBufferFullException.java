package jloop.io;

/// A write was refused, because more would be kept for sending than may be. Nothing of it was
/// sent or kept, and the connection is as it was, unless it is to be aborted then.
///
/// Who writes did not wait: for [StreamWriter#drain()], or between
/// [BaseProtocol#pauseWriting()] and [BaseProtocol#resumeWriting()].
///
/// **Unlike asyncio**, where what is kept grows until there is no memory left.
public final class WriteBufferFullException extends RuntimeException {

    private static final long serialVersionUID = 1;

    WriteBufferFullException(String message) {
        super(message);
    }
}

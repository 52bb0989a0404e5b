package jloop.poller;

import java.nio.channels.SelectableChannel;
import java.nio.file.Path;

/// A file that is there without jloop: an end of a pipe, a terminal, a socket, by the name that
/// somebody has for it.
public sealed interface ForeignFile {

    /// The open file with a number, a file descriptor.
    record Numbered(int fd) implements ForeignFile { }

    /// A standard stream of the process, 0, 1 or 2. It stays as it is: what is opened is the
    /// same file once more, so that whoever shares the stream does not feel it.
    record Standard(int fd) implements ForeignFile { }

    /// A channel of java.nio.
    record Channel(SelectableChannel channel) implements ForeignFile { }

    /// A named pipe, which has yet to be opened.
    record Fifo(Path path) implements ForeignFile { }

    /// What it is wanted for.
    enum Use {
        /// To receive from it, and to close it in the end.
        READ,
        /// To send to it, and to close it in the end.
        WRITE,
        /// To be told when it is ready. It is not closed: it stays somebody else's, who may
        /// close it at any time.
        WATCH
    }
}

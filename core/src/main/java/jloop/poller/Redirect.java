package jloop.poller;

import java.nio.file.Path;
import java.util.Objects;

/// What one of the three standard streams of a child process is.
///
/// **As in asyncio**: what `stdin`, `stdout` and `stderr` of a subprocess may be: None, `PIPE`,
/// `DEVNULL`, `STDOUT`, a file or a descriptor.
public sealed interface Redirect {

    /// The same as that of this process.
    Redirect INHERIT = Fixed.INHERIT;

    /// A new pipe, whose other end is ours.
    Redirect PIPE = Fixed.PIPE;

    /// Nothing: there is nothing to read, and what is written is thrown away.
    Redirect DEVNULL = Fixed.DEVNULL;

    /// Of the standard error alone: the same as the standard output of the child, whatever that
    /// is. The two come merged.
    Redirect STDOUT = Fixed.STDOUT;

    /// To be read from the file at `path`. A named pipe that nobody has open for writing is at
    /// its end.
    static Redirect from(Path path) {
        return new File(path, File.Use.READ);
    }

    /// To be written to the file at `path`, which is made, or emptied if it is there. A named
    /// pipe must be open for reading.
    static Redirect to(Path path) {
        return new File(path, File.Use.WRITE);
    }

    /// To be written to the end of the file at `path`, which is made if it is not there.
    static Redirect appendTo(Path path) {
        return new File(path, File.Use.APPEND);
    }

    /// An open file descriptor of this process, which stays open here.
    ///
    /// **Errors**: IllegalArgumentException if it is negative.
    static Redirect ofDescriptor(int fd) {
        return new Numbered(fd);
    }

    /// The kinds without more to say.
    enum Fixed implements Redirect {
        INHERIT, PIPE, DEVNULL, STDOUT
    }

    /// A file, to be opened for the child alone.
    record File(Path path, Use use) implements Redirect {

        public enum Use { READ, WRITE, APPEND }

        public File {
            Objects.requireNonNull(path, "path");
        }
    }

    /// An open file with a number.
    record Numbered(int fd) implements Redirect {

        public Numbered {
            if (fd < 0)
                throw new IllegalArgumentException(
                        "a file descriptor is at least 0, not " + fd);
        }
    }
}

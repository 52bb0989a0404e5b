/// Prints the lines that are added to a file, until Ctrl-C, as `tail -F` does.
///
///     ./jloop run examples/TailFile.java FILE
///
/// A log that is rotated is followed: when nothing more comes from the file, it is compared
/// with what has its name now. Nothing here keeps the loop from doing other things.

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final Duration PAUSE = Duration.ofMillis(100);

void main(String[] args) {
    if (args.length != 1) {
        IO.println("usage: TailFile FILE");
        return;
    }
    try {
        run(() -> follow(Path.of(args[0])));
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void follow(Path path) throws IOException {
    boolean isFirst = true;
    while (true) {
        try {
            Object key = keyOf(path);
            try (AsyncFile file = AsyncFile.open(path)) {
                if (!key.equals(keyOf(path))) continue;         // replaced in this very moment
                if (isFirst) {
                    file.seek(file.size());
                    IO.println("Following " + path);
                }
                printLines(file, key);
            }
            IO.println("(another file now)");
        } catch (NoSuchFileException e) {                       // perhaps it comes
            sleep(PAUSE);
        }
        isFirst = false;
    }
}

/// Returns when the name of the file is another one's.
void printLines(AsyncFile file, Object key) throws IOException {
    var line = new ByteArrayOutputStream();
    boolean isReplaced = false;
    while (true) {
        byte[] part = file.readline();
        line.writeBytes(part);
        if (part.length > 0 && part[part.length - 1] == '\n') {
            IO.print(line.toString(StandardCharsets.UTF_8));
            line.reset();
        } else if (part.length == 0) {
            if (isReplaced) return;                             // and read to its end since
            isReplaced = isAnother(file.path(), key);
            if (file.size() < file.tell()) {
                IO.println("(truncated)");
                file.seek(0);
                line.reset();
            } else if (!isReplaced) {
                sleep(PAUSE);
            }
        }
    }
}

boolean isAnother(Path path, Object key) throws IOException {
    try {
        return !key.equals(keyOf(path));
    } catch (NoSuchFileException e) {                           // renamed, and not made anew yet
        return false;
    }
}

/// What tells a file from others, whatever their names.
Object keyOf(Path path) throws IOException {
    return AsyncFiles.readAttributes(path).fileKey();
}

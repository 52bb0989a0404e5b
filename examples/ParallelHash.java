/// Prints the SHA-256 of all files below a directory, in the order of their names.
///
///     ./jloop run examples/ParallelHash.java DIRECTORY
///
/// There is a task for each file, but at most eight of them have one open. Files are read by
/// the loop's file threads, hashes are worked out by the default executor, and both wait for
/// nobody but each other.

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final int AT_ONCE = 8;
static final int BLOCK_BYTES = 256 * 1024;

void main(String[] args) {
    if (args.length != 1) {
        IO.println("usage: ParallelHash DIRECTORY");
        return;
    }
    run(() -> hashAll(Path.of(args[0])));
}

void hashAll(Path directory) throws IOException {
    var files = new TreeSet<Path>();
    for (Path path : AsyncFiles.walk(directory))
        if (AsyncFiles.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) files.add(path);

    var limiter = new CapacityLimiter(AT_ONCE);
    var lines = new ArrayList<Task<String>>();
    for (Path path : files) lines.add(createTask(() -> limiter.withToken(() -> line(path))));
    for (var line : lines) IO.println(line.await());
}

String line(Path path) {
    try (AsyncFile file = AsyncFile.open(path)) {
        return hash(file) + "  " + path;
    } catch (IOException e) {
        return "cannot read " + e.getMessage();
    }
}

String hash(AsyncFile file) throws IOException {
    MessageDigest digest = sha256();
    for (byte[] block; (block = file.read(BLOCK_BYTES)).length > 0; ) {
        byte[] read = block;
        blocking(() -> digest.update(read));
    }
    return HexFormat.of().formatHex(digest.digest());
}

MessageDigest sha256() {
    try {
        return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java has it", e);
    }
}

package jloop;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import jloop.io.AsyncFile;
import jloop.io.AsyncFiles;

/// Run in a JVM of its own, with a directory on a disk of 64 KiB: fills it, and prints what
/// comes of that.
final class FullDisk {

    private FullDisk() { }

    public static void main(String[] args) {
        Asyncio.run(() -> fill(Path.of(args[0])));
    }

    private static void fill(Path folder) throws IOException {
        Path old = folder.resolve("old");
        AsyncFiles.writeString(old, "old");
        Path big = folder.resolve("big");
        try (AsyncFile file = AsyncFile.open(big, WRITE, CREATE)) {
            file.write(new byte[30_000]);
            tell(() -> file.write(new byte[100_000]));
            IO.println(file.tell() == file.size() && file.tell() > 50_000);
        }
        tell(() -> AsyncFiles.replace(old, new byte[20_000]));
        Set<Path> left = new TreeSet<>();
        for (Path path : AsyncFiles.list(folder)) left.add(path.getFileName());
        IO.println(AsyncFiles.readString(old) + " " + left);

        AsyncFiles.delete(big);
        AsyncFiles.replace(old, new byte[20_000]);
        IO.println(AsyncFiles.size(old));
    }

    private static void tell(VoidCoroutine failing) {
        try {
            failing.returningNull().run();
            IO.println("no failure");
        } catch (FileSystemException e) {
            IO.println(e.getReason());
        } catch (Exception e) {
            IO.println(e);
        }
    }
}

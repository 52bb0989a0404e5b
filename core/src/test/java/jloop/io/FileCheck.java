package jloop.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Looks at the files that this process has open.
final class FileCheck {

    private FileCheck() { }

    static List<Path> openFiles() {
        List<Path> open = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) add(open, descriptor);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return open;
    }

    private static void add(List<Path> open, Path descriptor) {
        try {
            open.add(Files.readSymbolicLink(descriptor));
        } catch (IOException _) {           // that of the listing itself
        }
    }

    /// The files below `folder` that are open.
    static List<Path> openBelow(Path folder) {
        return openFiles().stream().filter(path -> path.startsWith(folder)).toList();
    }

    /// `folder` and what is below it, down to `depth` levels.
    static Set<Path> below(Path folder, int depth) {
        try (Stream<Path> paths = Files.walk(folder, depth)) {
            return new TreeSet<>(paths.toList());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// What is in `folder`.
    static Set<Path> in(Path folder) {
        try (Stream<Path> paths = Files.list(folder)) {
            return new TreeSet<>(paths.toList());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

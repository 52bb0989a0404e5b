package jloop.checks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The files of the project: those that git tracks or would track, or, without git, everything
/// outside `target` and hidden folders.
final class Repository {

    /// Given by the build.
    static final Path ROOT = Path.of(System.getProperty("jloop.root")).toAbsolutePath().normalize();

    /// The compiled library.
    static final Path CLASSES = ROOT.resolve("core/target/classes");

    private Repository() {}

    /// Paths from the root, with `/`, sorted.
    static List<String> files() {
        try {
            var git = new ProcessBuilder("git", "ls-files", "-z", "--cached", "--others",
                            "--exclude-standard")
                    .directory(ROOT.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var listed = new String(git.getInputStream().readAllBytes());
            if (git.waitFor() == 0) {
                return Stream.of(listed.split("\0"))
                        .filter(file -> Files.isRegularFile(ROOT.resolve(file)))
                        .sorted()
                        .toList();
            }
        } catch (IOException noGit) {
            // A source archive on a machine without git: walk instead.
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return walked();
    }

    private static List<String> walked() {
        try (var all = Files.walk(ROOT)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> ROOT.relativize(file).toString().replace('\\', '/'))
                    .filter(file -> !file.matches("(.*/)?(target|\\.git|\\.idea)/.*"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The text of a file, empty for one that is not UTF-8 text.
    static String text(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (MalformedInputException binary) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package jloop.io;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static jloop.Rig.bytes;
import static jloop.Rig.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnmappableCharacterException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jloop.Asyncio;
import jloop.Rig;
import jloop.Rig.Network;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass(name = "{0}")
@EnumSource(names = {"VIRTUAL", "EPOLL", "URING"})
class AsyncFilesTest {

    @Parameter Network network;
    @TempDir Path folder;

    private void run(Rig.Body body) {
        Rig.run(network, body);
    }

    private static Set<Path> all(FilePaths paths) {
        Set<Path> all = new TreeSet<>();
        for (Path path : paths) all.add(path);
        return all;
    }

    // ---- Whole files

    @Test
    void readAllBytes_ofAnySize_givesAll() {
        run(_ -> {
            for (int size : new int[] {0, 1, 262_144, 262_145, 3_000_000}) {
                Path path = Files.write(folder.resolve("file"), pattern(size));
                assertThat(AsyncFiles.readAllBytes(path)).isEqualTo(pattern(size));
            }
            assertThatThrownBy(() -> AsyncFiles.readAllBytes(folder.resolve("none")))
                    .isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> AsyncFiles.readAllBytes(folder))
                    .hasMessage(folder + ": Is a directory");
        });
    }

    @Test
    void readAllBytes_ofAFileThatHasNoSize_givesAll() {
        run(_ -> {
            Path maps = Path.of("/proc/self/maps");
            assertThat(Files.size(maps)).isZero();
            assertThat(AsyncFiles.readString(maps)).contains("[stack]");
        });
    }

    @Test
    void readString_ofNoText_isRefused() throws Exception {
        Path path = Files.write(folder.resolve("file"), new byte[] {(byte) 0xff});
        run(_ -> {
            assertThatThrownBy(() -> AsyncFiles.readString(path))
                    .isInstanceOf(MalformedInputException.class);
            assertThat(AsyncFiles.readString(path, StandardCharsets.ISO_8859_1)).isEqualTo("ÿ");
        });
    }

    @Test
    void write_replacesAppendsOrRefuses_asItsOptionsSay() {
        run(_ -> {
            Path path = folder.resolve("file");
            AsyncFiles.write(path, bytes("first, and long"));
            AsyncFiles.writeString(path, "zweitens, grün");
            AsyncFiles.writeString(path, " und blau", CREATE, APPEND);
            assertThat(Files.readString(path)).isEqualTo("zweitens, grün und blau");
            assertThatThrownBy(() -> AsyncFiles.writeString(path, "x", CREATE_NEW))
                    .isInstanceOf(FileAlreadyExistsException.class);
            assertThatThrownBy(() -> AsyncFiles.writeString(path, "x", READ))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> AsyncFiles.writeString(path, "ü", StandardCharsets.US_ASCII))
                    .isInstanceOf(UnmappableCharacterException.class);
            assertThat(Files.readString(path)).isEqualTo("zweitens, grün und blau");
        });
    }

    @Test
    void replace_keepsPermissionsAndFollowsLinks() {
        run(_ -> {
            Path path = folder.resolve("file");
            AsyncFiles.replace(path, "one");
            assertThat(Files.readString(path)).isEqualTo("one");
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-----"));
            Path link = Files.createSymbolicLink(folder.resolve("link"), path);
            AsyncFiles.replace(link, bytes("two"));
            assertThat(Files.isSymbolicLink(link)).isTrue();
            assertThat(Files.readString(path)).isEqualTo("two");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwxr-----");
            assertThat(FileCheck.in(folder)).containsExactly(path, link);
        });
    }

    // ---- What is there

    @Test
    void questions_areAnsweredAsByJava() throws Exception {
        Path path = Files.writeString(folder.resolve("file"), "abc");
        Path link = Files.createSymbolicLink(folder.resolve("link"), path);
        run(_ -> {
            assertThat(AsyncFiles.exists(path)).isTrue();
            assertThat(AsyncFiles.exists(folder.resolve("none"))).isFalse();
            assertThat(AsyncFiles.isDirectory(folder)).isTrue();
            assertThat(AsyncFiles.isRegularFile(link)).isTrue();
            assertThat(AsyncFiles.isRegularFile(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
            assertThat(AsyncFiles.size(path)).isEqualTo(3);
            assertThat(AsyncFiles.readAttributes(link).size()).isEqualTo(3);
            assertThat(AsyncFiles.readAttributes(link, LinkOption.NOFOLLOW_LINKS)
                    .isSymbolicLink()).isTrue();
            assertThat(AsyncFiles.readAttributes(path, PosixFileAttributes.class).permissions())
                    .isEqualTo(Files.getPosixFilePermissions(path));
            assertThat(AsyncFiles.toRealPath(link)).isEqualTo(path.toRealPath());
            assertThatThrownBy(() -> AsyncFiles.size(folder.resolve("none")))
                    .isInstanceOf(NoSuchFileException.class);
        });
    }

    // ---- Directories

    @Test
    void list_givesAllWhateverTheirNumber() throws Exception {
        run(_ -> {
            assertThat(all(AsyncFiles.list(folder))).isEmpty();
            for (int i = 0; i < 1_030; i++) {
                Files.createFile(folder.resolve("f" + i));
                if (i == 3 || i == 511 || i == 512 || i == 1_029)
                    assertThat(all(AsyncFiles.list(folder))).isEqualTo(FileCheck.in(folder));
            }
            assertThatThrownBy(() -> AsyncFiles.list(folder.resolve("f1")))
                    .isInstanceOf(NotDirectoryException.class);
        });
    }

    @Test
    void list_leftHalfway_closesTheDirectory() throws Exception {
        for (int i = 0; i < 520; i++) Files.createFile(folder.resolve("f" + i));
        run(rig -> {
            try (FilePaths paths = AsyncFiles.list(folder)) {
                paths.next();
                assertThat(FileCheck.openBelow(folder)).isNotEmpty();
            }
            rig.await("the directory to be closed", () -> FileCheck.openBelow(folder).isEmpty());
        });
    }

    @Test
    void walk_goesDownAsFarAsAsked() throws Exception {
        Files.createDirectories(folder.resolve("a/b/c"));
        Files.createFile(folder.resolve("a/b/c/d"));
        run(_ -> {
            assertThat(all(AsyncFiles.walk(folder))).isEqualTo(FileCheck.below(folder, 9));
            assertThat(all(AsyncFiles.walk(folder, 2))).isEqualTo(FileCheck.below(folder, 2));
            List<Path> inOrder = new ArrayList<>();
            for (Path path : AsyncFiles.walk(folder)) inOrder.add(folder.relativize(path));
            assertThat(inOrder).map(Path::toString).containsExactly("", "a", "a/b", "a/b/c",
                    "a/b/c/d");
        });
    }

    @Test
    void walk_intoAnUnreadableDirectory_throwsTheVeryException() {
        run(_ -> {
            Path loop = folder.resolve("loop");
            Files.createSymbolicLink(loop, folder);
            FilePaths paths = AsyncFiles.walk(folder);
            assertThat(all(paths)).containsExactly(folder, loop);
            assertThatThrownBy(() -> AsyncFiles.walk(
                    folder, FileVisitOption.FOLLOW_LINKS))
                    .isInstanceOf(FileSystemLoopException.class);
            assertThat(FileCheck.openBelow(folder)).isEmpty();
        });
    }

    // ---- Changes

    @Test
    void changes_areMade() {
        run(_ -> {
            Path deep = AsyncFiles.createDirectories(folder.resolve("a/b"));
            Path one = AsyncFiles.createDirectory(folder.resolve("one"));
            AsyncFiles.writeString(deep.resolve("file"), "x");
            AsyncFiles.copy(deep.resolve("file"), one.resolve("copy"));
            AsyncFiles.move(deep.resolve("file"), one.resolve("copy"), REPLACE_EXISTING);
            assertThat(AsyncFiles.readString(one.resolve("copy"))).isEqualTo("x");
            assertThatThrownBy(() -> AsyncFiles.delete(one))
                    .isInstanceOf(DirectoryNotEmptyException.class);
            AsyncFiles.delete(one.resolve("copy"));
            assertThat(AsyncFiles.deleteIfExists(one)).isTrue();
            assertThat(AsyncFiles.deleteIfExists(one)).isFalse();
            Files.createSymbolicLink(deep.resolve("out"), folder);
            AsyncFiles.deleteTree(folder.resolve("a"));
            assertThat(FileCheck.in(folder)).isEmpty();
        });
    }

    @Test
    void temporaryFiles_areWhereTheyAreToBe() throws Exception {
        run(_ -> {
            Path file = AsyncFiles.createTempFile(folder, "pre", ".suf");
            assertThat(file).isRegularFile().hasParent(folder);
            assertThat(file.getFileName().toString()).startsWith("pre").endsWith(".suf");
            Path directory = AsyncFiles.createTempDirectory(folder, "pre");
            assertThat(directory).isDirectory().hasParent(folder);
        });
    }

    @Test
    void withTempDirectory_deletesItHoweverTheBodyEnds() {
        run(_ -> {
            List<Path> made = new ArrayList<>();
            AsyncFiles.withTempDirectory("jloop", directory -> {
                made.add(directory);
                AsyncFiles.writeString(directory.resolve("file"), "x");
            });
            assertThatThrownBy(() -> AsyncFiles.withTempFile("jloop", ".tmp", file -> {
                made.add(file);
                throw new AccessDeniedException("no");
            })).isInstanceOf(AccessDeniedException.class);
            assertThat(made).hasSize(2).allSatisfy(path -> assertThat(path).doesNotExist());
        });
    }

    @Test
    void withTempDirectory_cancelled_deletesItAllTheSame() {
        run(rig -> {
            List<Path> made = new ArrayList<>();
            var task = Asyncio.createTask(() ->
                    AsyncFiles.withTempDirectory("jloop", directory -> {
                        made.add(directory);
                        Asyncio.sleep(Duration.ofDays(1));
                    }));
            rig.await("the directory", () -> !made.isEmpty());
            task.cancel();
            Asyncio.wait(List.of(task));
            assertThat(task.cancelled()).isTrue();
            assertThat(made.getFirst()).doesNotExist();
        });
    }
}

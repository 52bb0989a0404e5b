package jloop.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.StringJoiner;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.zip.CRC32;

/// A folder with a program that is ready to start: a jar, and a record of what it was made
/// from.
///
/// **Threads**: the folder is locked from [#open] to [#close], against other processes too.
final class CompiledProgram implements AutoCloseable {

    /*
     * record        key, main class, (path, text)*; each ended by a zero byte, which a source
     *               that compiles cannot contain. The launcher script reads it: see there,
     *               is_compiled.
     * program.jar   the classes, not compressed
     * lock          held while the two are written
     *
     * Both are replaced by renaming, the jar first. A program that runs keeps the jar that it has
     * opened; one that starts between the two renames runs the newer classes.
     */

    private final Path folder;
    private final FileChannel lock;

    private CompiledProgram(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /// Waits until no other process has the folder open.
    static CompiledProgram open(Path folder) throws IOException {
        var lock = FileChannel.open(folder.resolve("lock"),
                StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            lock.lock();
        } catch (IOException e) {
            lock.close();
            throw e;
        }
        return new CompiledProgram(folder, lock);
    }

    /// Whether somebody stored a program with this key later than `start`.
    boolean isNewerThan(Instant start, String key) throws IOException {
        Path record = folder.resolve("record");
        return Files.exists(record)
                && Files.getLastModifiedTime(record).toInstant().isAfter(start)
                && Files.readString(record).startsWith(key + '\0');
    }

    void store(String key, Compilation program) throws IOException {
        replace("program.jar", jar(program.classes()));
        replace("record", record(key, program).getBytes(StandardCharsets.UTF_8));
    }

    private static String record(String key, Compilation program) {
        var record = new StringJoiner("\0", "", "\0").add(key).add(program.mainClass());
        program.sources().forEach((path, text) -> record.add(path.toString()).add(text));
        return record.toString();
    }

    private static byte[] jar(Map<String, ByteArrayOutputStream> classes) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes)) {
            jar.setMethod(JarOutputStream.STORED);
            for (var file : classes.entrySet()) {
                jar.putNextEntry(entry(file.getKey(), file.getValue().toByteArray()));
                file.getValue().writeTo(jar);
            }
        }
        return bytes.toByteArray();
    }

    /// An entry that is stored needs its size and sum beforehand.
    private static JarEntry entry(String name, byte[] content) {
        var sum = new CRC32();
        sum.update(content);
        var entry = new JarEntry(name);
        entry.setSize(content.length);
        entry.setCrc(sum.getValue());
        return entry;
    }

    private void replace(String name, byte[] content) throws IOException {
        Path written = Files.write(folder.resolve(name + ".new"), content);
        Files.move(written, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}

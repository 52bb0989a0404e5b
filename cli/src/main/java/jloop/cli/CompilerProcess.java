package jloop.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/// The JVM that compiles a program before its first start: the launcher script starts it with
/// the folder to leave the compiled program in, the key to record with it, and the program's
/// file.
///
/// It is not a command of [Main] because picocli doubles the time that it takes to start.
final class CompilerProcess {

    private static final int FAILED = 1;

    private CompilerProcess() {}

    public static void main(String[] args) {
        try {
            compile(Path.of(args[0]), args[1], Path.of(args[2]));
        } catch (CompileError e) {
            System.err.print(e.getMessage());
            System.exit(FAILED);
        } catch (IOException e) {
            System.err.println("jloop: cannot compile " + args[2] + ": " + e);
            System.exit(FAILED);
        }
    }

    private static void compile(Path folder, String key, Path file)
            throws CompileError, IOException {
        Instant start = Instant.now();
        try (var program = CompiledProgram.open(folder)) {
            if (program.isNewerThan(start, key)) return;    // another process was quicker
            program.store(key, new Compilation(file, System.getenv()));
        }
    }
}

package jloop.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import javax.tools.ToolProvider;
import jloop.cli.Launcher.Run;
import jloop.cli.Launcher.Started;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The script `jloop` as its users see it. Runs when the jars are there, after `package`.
class LauncherIT {

    static final Run NOTHING = new Run(0, "", "");

    @TempDir
    Path temporary;

    Launcher jloop;

    /// The first start with new jars makes the archives, and says so.
    @BeforeAll
    static void makeArchives(@TempDir Path folder) throws IOException {
        Launcher.in(folder).run("--version");
    }

    @BeforeEach
    void makeLauncher() throws IOException {
        jloop = Launcher.in(temporary.toRealPath().resolve("with a space"));
    }

    // --- The command line -----------------------------------------------------------------------

    @Test
    void help_printsTheUsage() throws IOException {
        Run run = jloop.run("--help");

        assertEquals(0, run.status());
        assertTrue(run.out().startsWith("Usage: jloop "), run.out());
        assertTrue(run.out().contains("run    Runs a Java source file"), run.out());
        assertTrue(run.out().contains("bench  Measures jloop"), run.out());
    }

    @Test
    void runHelp_printsTheUsageOfRun() throws IOException {
        Run run = jloop.run("run", "--help");

        assertEquals(0, run.status());
        assertTrue(run.out().startsWith("Usage: jloop run [-h] [--] FILE.java [ARGS...]"),
                run.out());
    }

    @Test
    void version_printsJloopsAndTheJvms() throws IOException {
        Run run = jloop.run("--version");

        assertEquals(0, run.status());
        assertTrue(run.out().matches("jloop 0\\.1\\.0\nJava \\d+.*\n"), run.out());
    }

    @Test
    void unknownCommand_isAUsageError() throws IOException {
        Run run = jloop.run("rnu", "x.java");

        assertEquals(2, run.status());
        assertTrue(run.err().startsWith("Unmatched argument"), run.err());
    }

    @Test
    void runWithoutFile_isAUsageError() throws IOException {
        Run run = jloop.run("run");

        assertEquals(2, run.status());
        assertTrue(run.err().startsWith("Missing required parameter: 'FILE.java'"), run.err());
    }

    @Test
    void unusableFile_isOneLine() throws IOException {
        jloop.write("notes.txt", "");
        jloop.write("folder/Hello.java", "");

        assertEquals(new Run(2, "", "jloop: no such file: x.java\n"), jloop.run("run", "x.java"));
        assertEquals(new Run(2, "", "jloop: not a .java file: notes.txt\n"),
                jloop.run("run", "notes.txt"));
        assertEquals(new Run(2, "", "jloop: a folder, not a .java file: folder\n"),
                jloop.run("run", "folder"));
    }

    // --- Programs -------------------------------------------------------------------------------

    @Test
    void program_getsItsArgumentsAndItsInput() throws IOException {
        jloop.write("Echo.java", """
                void main(String[] args) {
                    for (var arg : args) IO.println("<" + arg + ">");
                    IO.println(IO.readln());
                }
                """);

        try (var started = jloop.start("run", "Echo.java", "two words", "\"q\" 'q'", "", "*", "-h",
                "$HOME", "@x")) {
            started.type("typed\n");
            assertEquals(new Run(0, """
                    <two words>
                    <"q" 'q'>
                    <>
                    <*>
                    <-h>
                    <$HOME>
                    <@x>
                    typed
                    """, ""), started.end());
        }
    }

    @Test
    void program_runsALoopAtTheBestLevel() throws IOException {
        jloop.write("Hello.java", """
                import module java.base;
                import module jloop;
                import static jloop.Asyncio.*;

                void main() {
                    run(() -> {
                        var task = createTask(() -> {
                            sleep(Duration.ofMillis(1));
                            return "hello";
                        });
                        IO.println(task.await());
                    });
                }
                """);

        assertEquals(new Run(0, "hello\n", ""), jloop.run("run", "Hello.java"));
    }

    @Test
    void program_mayBeAClassOfAPackage() throws IOException {
        jloop.write("a/b/Hello.java", """
                package a.b;

                class Hello extends Greeting {
                    public static void main(String... args) {
                        greet(args[0]);
                    }
                }
                """);
        jloop.write("a/b/Greeting.java", """
                package a.b;

                class Greeting {
                    static void greet(String whom) {
                        IO.println("hello " + whom);
                    }
                }
                """);

        assertEquals(new Run(0, "hello you\n", ""), jloop.run("run", "a/b/Hello.java", "you"));
    }

    @Test
    void main_isTheOneThatJavaWouldChoose() throws IOException {
        jloop.write("Both.java", """
                class Both extends Base {
                    void main() { IO.println("without"); }
                }
                class Base {
                    protected void main(String[] args) { IO.println("inherited " + args.length); }
                }
                """);

        assertEquals(new Run(0, "inherited 1\n", ""), jloop.run("run", "Both.java", "x"));
    }

    @Test
    void noMain_isOneLine() throws IOException {
        jloop.write("None.java", "class None { private static void main(String[] args) { } }");
        jloop.write("Closed.java", "class Closed { Closed(int i) { } void main() { } }");

        assertEquals(new Run(1, "", "jloop: None has no main method: expected `void main()` or"
                + " `void main(String[] args)`, not private\n"), jloop.run("run", "None.java"));
        assertEquals(new Run(1, "", "jloop: Closed has a main method that is not static, and so"
                + " needs a constructor without parameters, not private\n"),
                jloop.run("run", "Closed.java"));
    }

    @Test
    void compileError_showsTheLine() throws IOException {
        jloop.write("Wrong.java", "void main() {\n    int i = \"one\";\n}\n");

        assertEquals(new Run(1, "", """
                Wrong.java:2: error: incompatible types: String cannot be converted to int
                    int i = "one";
                            ^
                1 error
                """), jloop.run("run", "Wrong.java"));
    }

    @Test
    void kernel_isOutOfReach() throws IOException {
        jloop.write("Reach.java", "void main() { jloop.kernel.NioPoller poller = null; }\n");

        Run run = jloop.run("run", "Reach.java");

        assertEquals(1, run.status());
        assertTrue(run.err().contains("package jloop.kernel is not visible"), run.err());
    }

    @Test
    void options_reachTheJvmAndWin() throws IOException {
        jloop.write("Options.java", """
                void main() {
                    var beans = java.lang.management.ManagementFactory.getGarbageCollectorMXBeans();
                    IO.println(System.getProperty("a") + " " + beans.getFirst().getName());
                }
                """);

        assertEquals(new Run(0, "null Copy\n", ""), jloop.run("run", "Options.java"));
        assertEquals(new Run(0, "b PS MarkSweep\n", ""),
                jloop.with("JLOOP_OPTS=-Da=b -XX:+UseParallelGC").run("run", "Options.java"));
    }

    @Test
    void libraries_comeFromTheClassPath() throws IOException {
        Path library = jloop.write("lib/Lib.java",
                "public class Lib { public static String name = \"lib\"; }\n");
        assertEquals(0, ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, library.toString()));
        jloop.write("Use.java", "void main() { IO.println(Lib.name); }\n");

        assertEquals(1, jloop.run("run", "Use.java").status());
        assertEquals(new Run(0, "lib\n", ""), jloop.with("CLASSPATH=lib").run("run", "Use.java"));
    }

    // --- The end --------------------------------------------------------------------------------

    @Test
    void exit_givesTheStatus() throws IOException {
        jloop.write("Exit.java", "void main() { System.exit(7); }\n");
        jloop.write("Deep.java", """
                void main() {
                    jloop.Asyncio.run(() -> { throw new jloop.SystemExit(8); });
                }
                """);

        assertEquals(new Run(7, "", ""), jloop.run("run", "Exit.java"));
        assertEquals(new Run(8, "", ""), jloop.run("run", "Deep.java"));
    }

    @Test
    void exception_endsInATraceOfUserCode() throws IOException {
        jloop.write("Boom.java", """
                void main() {
                    fail();
                }

                void fail() {
                    throw new IllegalStateException("oops", new Error("why"));
                }
                """);

        assertEquals(new Run(1, "", """
                Exception in thread "main" java.lang.IllegalStateException: oops
                \tat Boom.fail(Boom.java:6)
                \tat Boom.main(Boom.java:2)
                Caused by: java.lang.Error: why
                \t... 2 more
                """), jloop.run("run", "Boom.java"));
    }

    @Test
    void ctrlC_cancelsAndGives130() throws IOException {
        jloop.write("Wait.java", """
                import module java.base;
                import static jloop.Asyncio.*;

                void main() {
                    run(() -> {
                        IO.println("ready");
                        try {
                            sleep(Duration.ofMinutes(1));
                        } finally {
                            IO.println("cleared up");
                        }
                    });
                }
                """);

        try (var started = jloop.start("run", "Wait.java")) {
            assertEquals("ready", started.line());
            started.signal("INT");
            assertEquals(new Run(130, "cleared up\n", ""), started.end());
        }
    }

    @Test
    void terminate_gives143() throws IOException {
        jloop.write("Wait.java", """
                void main() throws Exception {
                    IO.println("ready");
                    new java.util.concurrent.CountDownLatch(1).await();
                }
                """);

        try (var started = jloop.start("run", "Wait.java")) {
            assertEquals("ready", started.line());
            started.signal("TERM");
            assertEquals(new Run(143, "", ""), started.end());
        }
    }

    // --- Compiled programs ----------------------------------------------------------------------

    @Test
    void secondStart_doesNotCompile() throws IOException {
        jloop.write("Hello.java", "void main() { }\n");

        assertEquals(NOTHING, jloop.run("run", "Hello.java"));
        Object compiled = identity("Hello.java");
        assertEquals(NOTHING, jloop.run("run", "./Hello.java"));
        assertEquals(compiled, identity("Hello.java"));
    }

    @Test
    void changedSource_isCompiledAgain() throws IOException {
        jloop.write("Hello.java", "void main() { IO.println(\"old\"); }\n");
        assertEquals(new Run(0, "old\n", ""), jloop.run("run", "Hello.java"));

        // Not newer, as when a file is put back.
        Path source = jloop.write("Hello.java", "void main() { IO.println(\"new\"); }\n");
        Files.setLastModifiedTime(source, FileTime.from(Instant.EPOCH));
        assertEquals(new Run(0, "new\n", ""), jloop.run("run", "Hello.java"));
    }

    @Test
    void changedSibling_isCompiledAgain() throws IOException {
        jloop.write("Hello.java", "void main() { IO.println(Word.WORD); }\n");
        jloop.write("Word.java", "class Word { static final String WORD = \"old\"; }\n");
        assertEquals(new Run(0, "old\n", ""), jloop.run("run", "Hello.java"));

        jloop.write("Word.java", "class Word { static final String WORD = \"new\"; }\n");
        assertEquals(new Run(0, "new\n", ""), jloop.run("run", "Hello.java"));
    }

    @Test
    void newSibling_changesWhatANameMeans() throws IOException {
        jloop.write("Hello.java", """
                import jloop.*;

                void main() {
                    IO.println(Task.class.getName());
                }
                """);
        assertEquals(new Run(0, "jloop.Task\n", ""), jloop.run("run", "Hello.java"));

        jloop.write("Task.java", "class Task { }\n");
        assertEquals(new Run(0, "Task\n", ""), jloop.run("run", "Hello.java"));
    }

    @Test
    void goneSource_isForgotten() throws IOException {
        Path gone = jloop.write("Gone.java", "void main() { }\n");
        jloop.write("Hello.java", "void main() { }\n");
        assertEquals(NOTHING, jloop.run("run", "Gone.java"));

        Files.delete(gone);
        assertEquals(NOTHING, jloop.run("run", "Hello.java"));
        assertTrue(Files.exists(jloop.jar("Hello.java")));
        assertTrue(Files.notExists(jloop.jar("Gone.java")));
    }

    @Test
    void firstStartsAtOnce_allSucceed() throws IOException {
        jloop.write("Hello.java", "void main(String[] args) { IO.println(args[0]); }\n");

        var all = new ArrayList<Started>();
        for (int i = 0; i < 4; i++) all.add(jloop.start("run", "Hello.java", "" + i));
        for (int i = 0; i < 4; i++) {
            try (var started = all.get(i)) {
                assertEquals(new Run(0, i + "\n", ""), started.end());
            }
        }
    }

    // --- The script -----------------------------------------------------------------------------

    @Test
    void script_mayBeCalledByAnotherName() throws IOException {
        jloop.write("Hello.java", "void main() { }\n");
        Path bin = Files.createDirectories(temporary.resolve("a bin"));
        Launcher direct = jloop.by(bin.resolve("first"));

        assertEquals(NOTHING, direct.run("run", "Hello.java"));
        assertEquals(NOTHING,
                direct.by(bin.resolve("second")).run("run", "../with a space/Hello.java"));
    }

    @Test
    void script_leavesTheWorkingFolderAlone() throws IOException {
        jloop.write("Where.java", """
                void main() {
                    IO.println(java.nio.file.Path.of("").toAbsolutePath().getFileName());
                }
                """);

        assertEquals(new Run(0, "with a space\n", ""), jloop.run("run", "./Where.java"));
    }

    @Test
    void script_findsAJdkWhateverJavaHomeIs() throws IOException {
        jloop.write("Java.java",
                "void main() { IO.println(Runtime.version().feature() >= 25); }\n");
        jloop.write("old/bin/java", "");
        jloop.write("old/bin/javac", "").toFile().setExecutable(true);
        jloop.write("old/release", "JAVA_VERSION=\"17.0.1\"\n");

        assertEquals(new Run(0, "true\n", ""),
                jloop.with("JAVA_HOME=old", "JAVA25_HOME=" + System.getProperty("java.home"))
                        .run("run", "Java.java"));
        assertEquals(new Run(0, "true\n", ""),
                jloop.with("JAVA_HOME=", "JAVA25_HOME=").run("run", "Java.java"));
    }

    @Test
    void noCacheFolder_isOneLine() throws IOException {
        jloop.write("Hello.java", "void main() { }\n");
        Path file = jloop.write("file", "");

        assertEquals(new Run(1, "", "jloop: cannot write to " + file + "/jloop/programs;"
                + " set XDG_CACHE_HOME to a folder that can be written\n"),
                jloop.with("XDG_CACHE_HOME=" + file).run("run", "Hello.java"));
    }

    // A file that is replaced is another file, even within one tick of the clock.
    private Object identity(String program) throws IOException {
        var key = Files.readAttributes(jloop.jar(program), BasicFileAttributes.class).fileKey();
        assertNotEquals(null, key);
        return key;
    }
}

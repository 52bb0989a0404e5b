package jloop.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompilationTest {

    static final Map<String, String> NO_ENVIRONMENT = Map.of();

    @TempDir
    Path folder;

    @Test
    void mainClass_isTheFirstOfTheFile() throws Exception {
        write("Any.java", "interface First { static void main() { } } class Second { }");

        assertEquals("First", compile("Any.java").mainClass());
    }

    @Test
    void mainClass_withoutClass_isNamedAsTheFile() throws Exception {
        write("Hello.java", "void main() { new Other(); } class Other { }");

        var compilation = compile("Hello.java");
        assertEquals("Hello", compilation.mainClass());
        assertEquals(Set.of("Hello.class", "Hello$Other.class"), compilation.classes().keySet());
    }

    @Test
    void sources_areThoseThatTheProgramNames() throws Exception {
        Path hello = write("p/Hello.java", "package p; class Hello { p.q.Used used; }");
        Path used = write("p/q/Used.java", "package p.q; public class Used { }");
        write("p/Unused.java", "package p; nonsense");

        var compilation = compile("p/Hello.java");
        assertEquals("p.Hello", compilation.mainClass());
        assertEquals(List.of(hello, used), List.copyOf(compilation.sources().keySet()));
        assertEquals(Files.readString(used), compilation.sources().get(used));
        assertEquals(Set.of("p/Hello.class", "p/q/Used.class"), compilation.classes().keySet());
    }

    @Test
    void package_inAnotherFolder_isAnError() throws Exception {
        Path file = write("p/Hello.java", "package a.b; class Hello { }");

        assertEquals(file + ": error: package a.b must be in a folder a/b\n",
                assertThrows(CompileError.class, () -> compile("p/Hello.java")).getMessage());
    }

    @Test
    void noClass_isAnError() throws Exception {
        Path file = write("Empty.java", "import java.util.List;");

        assertEquals(file + ": error: no class in this file\n",
                assertThrows(CompileError.class, () -> compile("Empty.java")).getMessage());
    }

    @Test
    void warnings_areNotShown() throws Exception {
        write("Raw.java", "void main() { java.util.List raw = null; raw.add(new Integer(1)); }");

        assertEquals("Raw", compile("Raw.java").mainClass());
    }

    @Test
    void options_ofTheJvm_reachTheCompiler() throws Exception {
        write("Inner.java", "void main() { jdk.internal.misc.VM.initLevel(); }");
        var environment = Map.of("JLOOP_OPTS",
                "-Xmx9m --add-exports java.base/jdk.internal.misc=ALL-UNNAMED --enable-preview");

        assertThrows(CompileError.class, () -> compile("Inner.java"));
        new Compilation(folder.resolve("Inner.java"), environment);
    }

    private Path write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        return Files.writeString(path, text);
    }

    private Compilation compile(String file) throws CompileError, IOException {
        return new Compilation(folder.resolve(file), NO_ENVIRONMENT);
    }
}

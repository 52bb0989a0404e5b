package jloop.cli;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TaskEvent;
import com.sun.source.util.TaskListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import jloop.Asyncio;

/// One run of the compiler over a program: its file, and of the files beside it those that it
/// names. The result is the main class, the classes, and the sources as the compiler read them.
final class Compilation {

    /*
     * As `java FILE.java` (JEP 330, JEP 458, JEP 512): the first class of the file is the main
     * class, and the folder that the file's package starts from is the source path. Unlike there,
     * all of the program is compiled before it starts, so a class that is only named in a string
     * is not found.
     *
     * The program is compiled against the module jloop: `import module jloop` works, and what the
     * module does not export is out of reach.
     */

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final StringWriter messages = new StringWriter();
    private final Map<Path, String> sources = new LinkedHashMap<>();
    private final Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();
    private final String mainClass;

    /// Compiles `file`. The environment may name libraries, in `CLASSPATH`, and options that
    /// the compiler must share with the program's JVM, in `JLOOP_OPTS`.
    Compilation(Path file, Map<String, String> environment) throws CompileError, IOException {
        try (var files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            var unit = parse(files, file);
            mainClass = mainClass(unit, file);
            files.setLocationFromPaths(
                    StandardLocation.SOURCE_PATH, List.of(sourceRoot(unit, file)));
            compile(files, file, environment);
        }
    }

    String mainClass() {
        return mainClass;
    }

    /// The sources by their absolute paths, the program's file first.
    Map<Path, String> sources() {
        return sources;
    }

    /// The class files by their names in a jar.
    Map<String, ByteArrayOutputStream> classes() {
        return classes;
    }

    /// Looks at the file alone. Its syntax errors are left to [#compile], which says the same.
    private CompilationUnitTree parse(StandardJavaFileManager files, Path file)
            throws IOException {
        var units = files.getJavaFileObjects(file);
        var task = (JavacTask) compiler.getTask(null, files, _ -> { }, List.of(), null, units);
        return task.parse().iterator().next();
    }

    private static String mainClass(CompilationUnitTree unit, Path file) throws CompileError {
        for (var type : unit.getTypeDecls()) {
            if (type instanceof ClassTree first)
                return packageName(unit) + first.getSimpleName();
        }
        throw new CompileError(file + ": error: no class in this file\n");
    }

    /// The package with a dot behind it, or nothing.
    private static String packageName(CompilationUnitTree unit) {
        var name = unit.getPackageName();
        return name == null ? "" : name + ".";
    }

    private static Path sourceRoot(CompilationUnitTree unit, Path file) throws CompileError {
        Path root = file.toAbsolutePath().normalize().resolveSibling("");   // its folder
        if (unit.getPackageName() == null) return root;
        Path folders = Path.of(unit.getPackageName().toString().replace('.', '/'));
        if (!root.endsWith(folders))
            throw new CompileError(file + ": error: package " + unit.getPackageName()
                    + " must be in a folder " + folders + "\n");
        for (int i = 0; i < folders.getNameCount(); i++) root = root.resolveSibling("");
        return root;
    }

    private void compile(
            StandardJavaFileManager files, Path file, Map<String, String> environment)
            throws CompileError, IOException {
        // Not the compiler's default, which is the folder that the user happens to be in.
        if (!environment.containsKey("CLASSPATH"))
            files.setLocationFromPaths(StandardLocation.CLASS_PATH, List.of());
        var task = (JavacTask) compiler.getTask(messages, new InMemory(files), null,
                options(environment), null, files.getJavaFileObjects(file));
        task.addTaskListener(new SourceList());
        if (!task.call()) throw new CompileError(messages.toString());
    }

    private static List<String> options(Map<String, String> environment) {
        var options = new ArrayList<>(List.of("-proc:none", "-implicit:class", "-g", "-nowarn",
                "--module-path", jloop().toString(), "--add-modules", "jloop"));
        if (environment.containsKey("CLASSPATH"))
            options.addAll(List.of("--class-path", environment.get("CLASSPATH")));
        options.addAll(shared(environment.getOrDefault("JLOOP_OPTS", "")));
        return options;
    }

    /// Where the module `jloop` is.
    private static Path jloop() {
        var name = Asyncio.class.getModule().getName();
        var module = ModuleLayer.boot().configuration().findModule(name).orElseThrow();
        return Path.of(module.reference().location().orElseThrow());
    }

    /// Those of the JVM's options that mean something to the compiler too.
    private static List<String> shared(String jvmOptions) {
        var shared = new ArrayList<String>();
        var words = List.of(jvmOptions.strip().split("\\s+")).iterator();
        while (words.hasNext()) {
            String word = words.next();
            if (word.equals("--enable-preview"))
                shared.addAll(List.of(word, "--source", "" + Runtime.version().feature()));
            if (word.startsWith("--add-modules") || word.startsWith("--add-exports")) {
                shared.add(word);
                if (!word.contains("=") && words.hasNext()) shared.add(words.next());
            }
        }
        return shared;
    }

    /// Notes what the compiler reads: the program's file, and others as it comes to need them.
    private final class SourceList implements TaskListener {

        @Override
        public void finished(TaskEvent event) {
            if (event.getKind() != TaskEvent.Kind.PARSE) return;
            JavaFileObject source = event.getSourceFile();
            try {
                sources.put(Path.of(source.toUri()), source.getCharContent(true).toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Keeps the class files in memory.
    private final class InMemory extends ForwardingJavaFileManager<StandardJavaFileManager> {

        InMemory(StandardJavaFileManager files) {
            super(files);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            var path = name.replace('.', '/') + kind.extension;
            return new SimpleJavaFileObject(URI.create("memory:///" + path), kind) {
                @Override
                public OutputStream openOutputStream() {
                    var bytes = new ByteArrayOutputStream();
                    classes.put(path, bytes);
                    return bytes;
                }
            };
        }
    }
}

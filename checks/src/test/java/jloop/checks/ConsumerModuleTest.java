package jloop.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a module that requires jloop can see of it.
class ConsumerModuleTest {

    @TempDir
    Path output;

    @Test
    void consumer_ofTheApi_compiles() {
        assertThat(errors("""
                import jloop.*; import jloop.io.*; import jloop.poller.*; class Consumer {}
                """)).isEmpty();
    }

    @Test
    void consumer_ofTheKernel_doesNotCompile() {
        assertThat(errors("import jloop.kernel.*; class Consumer {}"))
                .containsExactly("compiler.err.package.not.visible");
    }

    private List<String> errors(String program) {
        var found = new DiagnosticCollector<JavaFileObject>();
        var files = List.of(source("module-info", "module consumer { requires jloop; }"),
                source("consumer/Consumer", "package consumer; " + program));
        ToolProvider.getSystemJavaCompiler().getTask(null, null, found,
                List.of("-proc:none", "-d", output.toString(),
                        "--module-path", Repository.CLASSES.toString()),
                null, files).call();
        return found.getDiagnostics().stream()
                .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                .map(Diagnostic::getCode)
                .toList();
    }

    private static JavaFileObject source(String name, String text) {
        var uri = URI.create("string:///" + name + ".java");
        return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }
}

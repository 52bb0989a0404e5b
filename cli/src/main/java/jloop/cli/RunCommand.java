package jloop.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The command `jloop run`: its help, and what is wrong with a command line. The launcher
/// script does the rest.
@Command(
        name = "run",
        description = {
            "Runs a Java source file, with jloop to import.",
            "",
            "The file needs a main method in one of the forms of Java 25; `void main()` is enough."
                    + " Classes of the program may stand in other files beside it."
        },
        customSynopsis = "jloop run [-h] [--] FILE.java [ARGS...]",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Versions.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the program came to its end",
            "1:an exception ended it, or it does not compile",
            "2:there is no such file, or the command line is wrong",
            "130:Ctrl-C ended it",
            "143:a SIGTERM ended it",
            "n:it called System.exit(n)"
        },
        footer = {
            "",
            "Environment:",
            "  JLOOP_OPTS       options for the program's JVM, such as -Xmx1g",
            "  CLASSPATH        libraries for the program",
            "  JAVA_HOME        where to look first for a JDK",
            "  XDG_CACHE_HOME   where compiled programs are kept; otherwise ~/.cache"
        })
final class RunCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "FILE.java", description = "The program.")
    private Path file = Path.of("");

    @SuppressWarnings("unused")     // here so that --help shows them
    @Parameters(index = "1..*", paramLabel = "ARGS", description = "What its main method gets.")
    private List<String> args = List.of();

    /// Reached only without the launcher script, which starts programs by itself.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "programs are started by the script jloop, not by this class: " + file);
    }
}

package jloop.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/// The command `jloop`.
@Command(
        name = "jloop",
        description = "asyncio's event loop for the JVM.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Versions.class,
        subcommands = {RunCommand.class, BenchCommand.class},
        footer = {"", "`jloop COMMAND --help` says more about a command."})
final class Main {

    private Main() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setStopAtPositional(true)      // what follows FILE.java is the program's
                .setExpandAtFiles(false);       // a file's name may begin with @
    }

    /// What `jloop --version` prints.
    static final class Versions implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String own = Main.class.getPackage().getImplementationVersion();
            return new String[] {
                "jloop " + (own == null ? "(not from a jar)" : own),
                "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name")
                        + ", " + System.getProperty("java.vendor")
            };
        }
    }
}

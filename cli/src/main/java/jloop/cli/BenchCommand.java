package jloop.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The command `jloop bench`: its line in the help. The launcher script starts the benchmark
/// suite where there is one, which has a help of its own.
@Command(
        name = "bench",
        description = "Measures jloop beside its peers, in a checkout of its sources.",
        customSynopsis = "jloop bench [--list] [OPTIONS] [NAMES...]")
final class BenchCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @SuppressWarnings("unused")     // for the suite, where there is one
    @Parameters(hidden = true)
    private List<String> args = List.of();

    /// Reached only where the script found no benchmark suite.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "the benchmark suite comes with a checkout of jloop's sources, folder bench/");
    }
}

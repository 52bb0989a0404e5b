package jloop.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/// The command line without its script.
class MainTest {

    final StringWriter printed = new StringWriter();

    @Test
    void noCommand_isAUsageError() {
        assertEquals(2, execute());
        assertTrue(printed.toString().startsWith("Missing required subcommand"));
    }

    @Test
    void argumentsOfTheProgram_areNotOptionsOfRun() {
        assertEquals(2, execute("run", "X.java", "--unknown", "-h"));
        assertTrue(printed.toString().startsWith("programs are started by the script jloop"),
                printed.toString());
    }

    @Test
    void help_namesTheCommands() {
        assertEquals(0, execute("--help"));
        assertTrue(printed.toString().contains("run "), printed.toString());
        assertTrue(printed.toString().contains("bench  Measures jloop beside its peers, in a"
                + " checkout of its sources."), printed.toString());
    }

    @Test
    void benchOutsideACheckout_saysThatItNeedsOne() {
        assertEquals(2, execute("bench", "echo", "--rounds", "1"));
        assertTrue(printed.toString().startsWith("the benchmark suite comes with a checkout"),
                printed.toString());
    }

    private int execute(String... args) {
        var writer = new PrintWriter(printed);
        return Main.commandLine().setOut(writer).setErr(writer).execute(args);
    }
}

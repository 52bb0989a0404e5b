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

    private int execute(String... args) {
        var writer = new PrintWriter(printed);
        return Main.commandLine().setOut(writer).setErr(writer).execute(args);
    }
}

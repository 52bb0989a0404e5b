package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openReadPipe;
import static jloop.Asyncio.openWritePipe;
import static jloop.Asyncio.sleep;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.time.Duration;
import java.util.List;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import org.junit.jupiter.api.Test;

/// A program that talks with somebody at a terminal, in a JVM of its own that has a real one.
class TerminalTest {

    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";
    private static final String CTRL_S = "\u0013";     // has the terminal take nothing more
    private static final String AS_IT_WAS = ", blocks True, same settings True]";

    /// Who sits at the terminal.
    private static final class Person implements AutoCloseable {

        private final Process process;
        private final OutputStream keys;
        private final Reader screen;
        private final StringBuilder seen = new StringBuilder();

        Person(Class<?> program) throws Exception {
            process = FreshJvm.start(List.of("python3", PeerProgram.script("terminal.py")),
                    FreshJvm.ofThisLevel(), program);
            keys = process.getOutputStream();
            screen = process.inputReader();
        }

        void type(String text) throws IOException {
            keys.write(bytes(text));
            keys.flush();
        }

        /// Stops the program, as Ctrl-Z does, or has it go on.
        void send(String signal) throws Exception {
            ProcessHandle program = process.children().findFirst().orElseThrow();
            assertThat(new ProcessBuilder("kill", "-" + signal, "" + program.pid()).start()
                    .waitFor()).isZero();
        }

        /// Looks until `text` is shown, behind what was looked for before.
        void see(String text) throws IOException {
            int at;
            int from = 0;                       // what is before was looked at
            while ((at = seen.indexOf(text, from)) < 0) {
                from = Math.max(0, seen.length() + 1 - text.length());
                int next = screen.read();
                if (next < 0) throw new AssertionError("not shown: " + text + "; but " + seen);
                seen.append((char) next);
            }
            seen.delete(0, at + text.length());
        }

        @Override
        public void close() throws IOException {
            keys.close();
            screen.close();
            process.destroyForcibly().onExit().join();
        }
    }

    /// Asks for lines, while another task writes to the same terminal.
    static final class Asks {

        public static void main(String[] arguments) {
            try {
                Asyncio.run(Asks::converse);
                System.out.println("the end");
            } catch (KeyboardInterrupt e) {
                System.out.println("interrupted");
                System.exit(130);
            }
        }

        private static void converse() throws IOException {
            StreamReader in = openReadPipe(PipeEnd.stdin());
            StreamWriter out = openWritePipe(PipeEnd.stdout());
            Task<?> ticking = createTask(() -> tick(out));
            try {
                int count = 0;
                while (true) {
                    out.write(bytes("line " + ++count + "? "));
                    out.drain();
                    byte[] line = in.readline();
                    if (line.length == 0) break;
                    out.write(bytes("got " + text(line)));
                }
            } finally {
                ticking.cancel();
                out.write(bytes("cleaned up\n"));
                out.close();
                out.waitClosed();
            }
        }

        private static void tick(StreamWriter out) throws IOException {
            while (true) {
                sleep(Duration.ofMillis(10));
                out.write(bytes("tick\n"));
                out.drain();
            }
        }
    }

    @Test
    void terminal_isReadLineByLineWhileOthersWriteToIt() throws Exception {
        try (Person person = new Person(Asks.class)) {
            person.see("line 1? ");
            person.see("tick");
            person.type("one\n");
            person.see("got one");
            person.see("line 2? ");
            person.see("tick");
            person.type("tw");
            person.see("tick");
            person.type("o\nthree\n");
            person.see("got two");
            person.see("got three");
            person.send("STOP");
            person.type("four\n");
            person.send("CONT");
            person.see("got four");
            person.type(CTRL_D);
            person.see("cleaned up");
            person.see("the end");
            person.see("[status 0" + AS_IT_WAS);
        }
    }

    @Test
    void ctrlC_atTheTerminal_endsTheProgramInOrder() throws Exception {
        try (Person person = new Person(Asks.class)) {
            person.see("line 1? ");
            person.type("half a li" + CTRL_C);
            person.see("cleaned up");
            person.see("interrupted");
            person.see("[status 130" + AS_IT_WAS);
        }
    }

    /// Writes without end, until it has read a line.
    static final class Floods {

        public static void main(String[] arguments) {
            Asyncio.run(() -> {
                StreamWriter out = openWritePipe(PipeEnd.stdout());
                StreamReader in = openReadPipe(PipeEnd.stdin());
                Task<?> writing = createTask(() -> {
                    while (true) {
                        out.write(bytes("as much as there is room for\n"));
                        out.drain();
                    }
                });
                in.readline();
                writing.cancel();
                out.abort();
            });
            System.exit(3);
        }
    }

    @Test
    void terminalThatIsStopped_holdsUpWhoWritesAndNobodyElse() throws Exception {
        try (Person person = new Person(Floods.class)) {
            person.see("as much");
            person.type(CTRL_S);
            person.type("a line\n");
            person.see("[status 3" + AS_IT_WAS);
        }
    }
}

/// Asks at the terminal, and goes on with other things meanwhile.
///
///     ./jloop run examples/Prompt.java
///
/// Adds up the numbers it is given, one a line, and shows every five seconds how long it has
/// been waiting for you. Ends with its input (Ctrl-D), or by Ctrl-C. The same program reads
/// from a pipe:
///
///     seq 10 | ./jloop run examples/Prompt.java

import module java.base;
import jloop.*;
import jloop.io.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static jloop.Asyncio.*;

static final Duration PAUSE = Duration.ofSeconds(5);

long sum;

void main() {
    try {
        run(this::converse);
    } catch (KeyboardInterrupt e) {
        IO.println("\nInterrupted at " + sum);
    }
}

void converse() throws IOException {
    StreamReader in = openReadPipe(PipeEnd.stdin());
    try (StreamWriter out = openWritePipe(PipeEnd.stdout())) {
        Task<?> waiting = createTask(() -> remind(out));
        say(out, "A number? ");
        for (byte[] line; (line = in.readline()).length > 0; )
            say(out, answer(new String(line, UTF_8).strip()) + "\nA number? ");
        waiting.cancel();
        say(out, "\nThe sum is " + sum + "\n");
    }
}

void remind(StreamWriter out) throws IOException {
    for (int pauses = 1; ; pauses++) {
        sleep(PAUSE);
        say(out, "\n(still here after " + PAUSE.multipliedBy(pauses).toSeconds() + " s)\n");
    }
}

String answer(String line) {
    try {
        sum += Long.parseLong(line);
        return "That makes " + sum;
    } catch (NumberFormatException e) {
        return "Not a number: " + line;
    }
}

void say(StreamWriter out, String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.drain();
}

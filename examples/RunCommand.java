/// Runs a program and shows what it writes as it comes, each line with the stream it came by.
///
///     ./jloop run examples/RunCommand.java ls -l /tmp /nowhere
///
/// Ctrl-C ends the program: it is asked to end, and killed if it has not after three seconds.

import module java.base;
import jloop.io.*;
import jloop.poller.Redirect;
import static java.nio.charset.StandardCharsets.UTF_8;
import static jloop.Asyncio.*;

void main(String[] args) {
    if (args.length == 0) {
        IO.println("usage: RunCommand PROGRAM ARGUMENT...");
        return;
    }
    run(() -> runCommand(List.of(args)));
}

void runCommand(List<String> command) {
    // Leaving the block ends the program, whatever leads out of it: Ctrl-C cancels this task.
    try (var child = createSubprocessExec(command, o -> o
            .withStdout(Redirect.PIPE).withStderr(Redirect.PIPE)
            .withGrace(Duration.ofSeconds(3)))) {
        gather(() -> show("out", child.stdout()), () -> show("err", child.stderr())).await();
        int code = child.await();
        IO.println(code < 0 ? "ended by signal " + -code : "ended with " + code);
    } catch (IOException e) {
        IO.println("cannot run it: " + e.getMessage());
    }
}

void show(String stream, StreamReader from) throws IOException {
    for (byte[] line; (line = from.readline()).length > 0; )
        IO.println(stream + ": " + new String(line, UTF_8).stripTrailing());
}

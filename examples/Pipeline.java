/// Runs commands one behind the other, each reading what the one before it writes.
///
///     ./jloop run examples/Pipeline.java 'ls -l' 'grep x' 'wc -l'
///
/// The bytes go through this program, so that it works on every system: no faster than the
/// slowest command takes them, since `drain` waits.

import module java.base;
import jloop.Task;
import jloop.io.*;
import jloop.poller.Redirect;
import static jloop.Asyncio.*;

static final int PIECE_BYTES = 64 * 1024;

void main(String[] args) {
    if (args.length == 0) {
        IO.println("usage: Pipeline COMMAND...");
        return;
    }
    run(() -> {
        var codes = pipeline(List.of(args));
        if (codes.stream().anyMatch(code -> code != 0)) IO.println("ended with " + codes);
    });
}

/// Returns how each has ended.
List<Integer> pipeline(List<String> commands) throws IOException {
    var children = new ArrayList<Subprocess>();
    try {
        for (int i = 0; i < commands.size(); i++) {
            boolean first = i == 0;
            boolean last = i == commands.size() - 1;
            children.add(createSubprocessShell(commands.get(i), o -> o
                    .withStdin(first ? Redirect.INHERIT : Redirect.PIPE)
                    .withStdout(last ? Redirect.INHERIT : Redirect.PIPE)));
        }
        var pumps = new ArrayList<Task<Void>>();
        for (int i = 1; i < children.size(); i++) {
            Subprocess from = children.get(i - 1);
            Subprocess to = children.get(i);
            pumps.add(createTask(() -> pump(from, to.stdin())));
        }
        gather(pumps).await();
        return children.stream().map(Subprocess::await).toList();
    } finally {
        children.forEach(Subprocess::close);
    }
}

void pump(Subprocess from, StreamWriter to) {
    try (to) {
        for (byte[] piece; (piece = from.stdout().read(PIECE_BYTES)).length > 0; ) {
            to.write(piece);
            to.drain();
        }
    } catch (IOException e) {
        from.close();           // nobody reads what it writes any more
    }
}

/// Hands out numbered tickets, by several loops that share a port: one for each processor.
///
///     ./jloop run examples/Tickets.java PORT [LOOPS]
///
///     echo tickets please | socat - TCP:127.0.0.1:PORT
///
/// Every line is worth a ticket. The loops run at the same time, each with connections of its
/// own. What they share belongs to one of them: the others ask it, and serve other connections
/// until they have the answer.

import module java.base;
import jloop.*;
import jloop.io.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static jloop.Asyncio.*;

LoopGroup group;
EventLoop owner;                        // of the next field
int issued;

void main(String[] args) {
    if (args.length == 0) {
        IO.println("usage: Tickets PORT [LOOPS]");
        return;
    }
    int loops = args.length > 1 ? Integer.parseInt(args[1])
            : Runtime.getRuntime().availableProcessors();
    try {
        run(() -> serve(Integer.parseInt(args[0]), loops));
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void serve(int port, int loops) throws IOException {
    try (var opened = LoopGroup.of(loops)) {
        group = opened;
        owner = group.next();
        try (var server = group.startServer(this::handOut, "127.0.0.1", port)) {
            IO.println("Tickets on port " + server.port());
            group.join();
        }
    }
}

void handOut(StreamReader reader, StreamWriter writer) throws IOException {
    int loop = group.loops().indexOf(getRunningLoop());
    while (reader.readline().length > 0) {
        int number = group.call(owner, () -> ++issued);
        writer.write(("ticket " + number + " from loop " + loop + "\n").getBytes(UTF_8));
        writer.drain();
    }
}

package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.run;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.startServer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import jloop.CancelledError;
import jloop.Task;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.io.StreamReader;

/// The twins of `scenarios/streams`.
final class StreamScenarios {

    private static final Duration MOMENT = Duration.ofMillis(100);

    private StreamScenarios() { }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static void lineOverTheLimit(Trace trace) {
        trace.run(() -> {
            StreamReader reader = new StreamReader(getRunningLoop(), 3);
            reader.feedData(bytes("ab\ncdef\n"));
            trace.out(reader.readline().length);
            try {
                reader.readline();
            } catch (IllegalArgumentException e) {
                trace.out(e);
            }
            reader.feedEof();
            trace.out(reader.readAll().length);
        });
    }

    static void writtenBeforeTheStop(Trace trace) {
        run(() -> {
            Server server = startServer((reader, _) -> reader.readAll(), "127.0.0.1", 0);
            try (server; StreamPair pair = openConnection("127.0.0.1", server.port())) {
                byte[] hello = bytes("hello");
                pair.writer().write(hello);
                trace.out(hello.length - pair.writer().getWriteBufferSize());
            }
            server.waitClosed();
        });
    }

    static void serverWaitsForItsConnections(Trace trace) {
        run(() -> {
            Server server = startServer((reader, _) -> {
                reader.readAll();
                trace.out("connection ends");
            }, "127.0.0.1", 0);
            StreamPair pair = openConnection("127.0.0.1", server.port());
            sleep(MOMENT);
            server.close();
            Task<Void> waiter = createTask(server::waitClosed);
            sleep(MOMENT);
            trace.out("closed", waiter.done());
            pair.close();
            waiter.await();
            trace.out("over");
        });
    }

    static void serveForeverEndsCancelled(Trace trace) {
        run(() -> {
            Server server = startServer((_, _) -> { }, "127.0.0.1", 0);
            Task<Void> serving = createTask(server::serveForever);
            sleep(Duration.ZERO);
            server.close();
            try {
                serving.await();
            } catch (CancelledError _) {
                trace.out("cancelled", serving.cancelled());
            }
        });
    }
}

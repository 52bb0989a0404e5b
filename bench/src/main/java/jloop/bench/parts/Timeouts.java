package jloop.bench.parts;

import static jloop.Asyncio.timeout;

import java.io.IOException;
import java.time.Duration;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.Task;
import jloop.io.Server;
import jloop.io.StreamPair;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// `timeout` around what is over long before: the tax on every read of a careful server. Each
/// beside a control of the same name without the time limit.
public class Timeouts {

    private static final int COUNT = 20_000;
    private static final int TRIPS = 2_000;
    private static final int MESSAGE_BYTES = 64;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Integer NOTHING = 0;

    public Timeouts() { }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void nothing(OneLoop state) {
        state.loop.runUntilComplete(() -> {
            for (int i = 0; i < COUNT; i++) timeout(LIMIT, () -> NOTHING);
        });
    }

    // ---- A read that finds its bytes there

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void readyRead(OneLoop state) {
        StreamReader reader = fullReader(state.loop);
        byte[] into = new byte[1];
        state.loop.runUntilComplete(() -> {
            for (int i = 0; i < COUNT; i++) timeout(LIMIT, () -> reader.readInto(into, 0, 1));
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void readyReadBare(OneLoop state) {
        StreamReader reader = fullReader(state.loop);
        byte[] into = new byte[1];
        state.loop.runUntilComplete(() -> {
            for (int i = 0; i < COUNT; i++) reader.readInto(into, 0, 1);
        });
    }

    private static StreamReader fullReader(EventLoop loop) {
        StreamReader reader = new StreamReader(loop, COUNT);
        reader.feedData(new byte[COUNT]);
        return reader;
    }

    // ---- A read that waits for another task

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void waitingRead(OneLoop state) {
        StreamReader reader = new StreamReader(state.loop, COUNT);
        byte[] into = new byte[1];
        state.loop.runUntilComplete(() -> {
            Task<Void> feeder = feed(state.loop, reader);
            for (int i = 0; i < COUNT; i++) timeout(LIMIT, () -> reader.readInto(into, 0, 1));
            feeder.await();
        });
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public void waitingReadBare(OneLoop state) {
        StreamReader reader = new StreamReader(state.loop, COUNT);
        byte[] into = new byte[1];
        state.loop.runUntilComplete(() -> {
            Task<Void> feeder = feed(state.loop, reader);
            for (int i = 0; i < COUNT; i++) reader.readInto(into, 0, 1);
            feeder.await();
        });
    }

    /// A byte a turn, so that each read has to wait for its own.
    private static Task<Void> feed(EventLoop loop, StreamReader reader) {
        byte[] fed = new byte[1];
        return loop.createTask(() -> {
            for (int i = 0; i < COUNT; i++) {
                reader.feedData(fed);
                Asyncio.sleep(Duration.ZERO);
            }
        });
    }

    // ---- A read from a socket

    /// A connection to an echo server in the same loop.
    @State(Scope.Thread)
    public static class Connection {

        private final EventLoop loop = new EventLoop();
        private final Server server;
        private final StreamPair streams;

        public Connection() {
            server = loop.runUntilComplete(
                    () -> Asyncio.startServer(Connection::echo, "127.0.0.1", 0));
            streams = loop.runUntilComplete(
                    () -> Asyncio.openConnection("127.0.0.1", server.port()));
        }

        private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
            byte[] buffer = new byte[MESSAGE_BYTES];
            for (int count; (count = reader.readInto(buffer, 0, MESSAGE_BYTES)) > 0; ) {
                writer.write(buffer, 0, count);
                writer.drain();
            }
        }

        @TearDown
        public void close() {
            loop.runUntilComplete(() -> {
                streams.close();
                server.close();
                server.waitClosed();
            });
            loop.close();
        }
    }

    @Benchmark
    @OperationsPerInvocation(TRIPS)
    public void socketRead(Connection state) {
        state.loop.runUntilComplete(() -> {
            byte[] message = new byte[MESSAGE_BYTES];
            for (int i = 0; i < TRIPS; i++) {
                state.streams.writer().write(message);
                timeout(LIMIT, () -> readAll(state.streams.reader(), message));
            }
        });
    }

    @Benchmark
    @OperationsPerInvocation(TRIPS)
    public void socketReadBare(Connection state) {
        state.loop.runUntilComplete(() -> {
            byte[] message = new byte[MESSAGE_BYTES];
            for (int i = 0; i < TRIPS; i++) {
                state.streams.writer().write(message);
                readAll(state.streams.reader(), message);
            }
        });
    }

    private static Integer readAll(StreamReader reader, byte[] into) throws IOException {
        int count = 0;
        while (count < into.length) {
            int more = reader.readInto(into, count, into.length - count);
            if (more < 0) throw new IOException("the server has gone");
            count += more;
        }
        return count;
    }
}

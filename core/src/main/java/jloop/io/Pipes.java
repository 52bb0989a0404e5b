package jloop.io;

import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.PipeEnd;

/// Connects the ends of pipes: what [Asyncio#connectReadPipe] and [Asyncio#openReadPipe] do,
/// and their twins for writing.
public final class Pipes {

    private Pipes() { }

    /// Receives from `end`, for a protocol.
    public static <P extends Protocol> Connection<P> connectRead(
            Supplier<P> factory, PipeEnd end) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        P protocol = Objects.requireNonNull(factory.get(), "protocol");
        return begun(new ReadPipeTransport(loop, end, end.forReading(loop), protocol), protocol);
    }

    /// Sends to `end`, for a protocol.
    public static <P extends BaseProtocol> Connection<P> connectWrite(
            Supplier<P> factory, PipeEnd end) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        P protocol = Objects.requireNonNull(factory.get(), "protocol");
        return begun(new WritePipeTransport(loop, end, end.forWriting(loop), protocol), protocol);
    }

    /// Waits until the two know each other.
    private static <P extends BaseProtocol> Connection<P> begun(
            PipeTransport transport, P protocol) {
        boolean complete = false;
        try {
            transport.begin().await();
            complete = true;
            return new Connection<>(transport, protocol);
        } finally {
            if (!complete) transport.close();
        }
    }

    /// Receives from `end`, for coroutines.
    public static StreamReader openRead(PipeEnd end, int limitBytes) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        StreamReader.checkLimit(limitBytes);
        StreamReader reader = new StreamReader(loop, end.forReading(loop), limitBytes);
        reader.closeAtEnd();
        return reader;
    }

    /// Sends to `end`, for coroutines.
    public static StreamWriter openWrite(PipeEnd end) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        StreamReader nothing = new StreamReader(loop, 1);
        nothing.feedEof();
        return new StreamWriter(
                loop, end.forWriting(loop).detach("a stream"), nothing, false);
    }
}

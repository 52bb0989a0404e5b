package jloop.io;

import java.io.IOException;
import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Runs a [ConnectionHandler] in a task of its own for each connection.
record StreamService(EventLoop loop, ConnectionHandler handler, ServerOptions options,
        @Nullable TlsSide side) implements Service {

    static StreamService of(EventLoop loop, ConnectionHandler handler, ServerOptions options) {
        return new StreamService(loop, handler, options, options.tlsSide());
    }

    /// A connection, as its server knows it.
    private record Served(StreamWriter writer) implements ServerConnection {

        @Override
        public void close() {
            writer.close();
        }

        @Override
        public void abort() {
            writer.abort();
        }
    }

    @Override
    public void begin(Server server, Socket accepted) {
        StreamPair pair = Streams.pair(loop, accepted, options.limitBytes(), true);
        StreamWriter writer = pair.writer();
        Served served = new Served(writer);
        server.attach(served);
        writer.onClosed(() -> server.detach(served));
        loop.createTask(() -> serve(pair)).addDoneCallback(task -> {
            if (task.cancelled()) writer.close();       // perhaps before it began
        });
    }

    private void serve(StreamPair pair) {
        StreamWriter writer = pair.writer();
        try {
            if (side != null && !isSecured(writer, side)) return;
            handler.handle(pair.reader(), writer);
            if (options.closeOnReturn()) writer.close();
        } catch (CancelledError e) {            // the task ends so, and the connection with it
            throw e;
        } catch (Throwable e) {                 // all else: the connection ends, the server lives
            writer.close();
            Service.report(loop, "unhandled exception in the handler of a connection", e, writer);
        }
    }

    /// Carries out the handshake. That it failed is told in debug mode only, as by asyncio:
    /// anybody can make it fail.
    private boolean isSecured(StreamWriter writer, TlsSide side) {
        try {
            writer.startTls(side);
            return true;
        } catch (IOException e) {
            if (loop.getDebug())
                Service.report(loop, "the TLS handshake of a connection failed", e, writer);
            return false;
        }
    }
}

package jloop.io;

import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Socket;

/// Runs a [ConnectionHandler] in a task of its own for each connection.
record StreamService(EventLoop loop, ConnectionHandler handler, ServerOptions options)
        implements Service {

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
        StreamPair pair = Streams.pair(loop, accepted, options.limitBytes());
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
            handler.handle(pair.reader(), writer);
            if (options.closeOnReturn()) writer.close();
        } catch (CancelledError e) {            // the task ends so, and the connection with it
            throw e;
        } catch (Throwable e) {                 // all else: the connection ends, the server lives
            writer.close();
            Service.report(loop, "unhandled exception in the handler of a connection", e, writer);
        }
    }
}

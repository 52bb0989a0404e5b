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

    @Override
    public void begin(Server server, Socket accepted) {
        ServedStreams served = new ServedStreams(
                server, Streams.pair(loop, accepted, options.limitBytes(), true));
        server.attach(served);
        served.writer().setServed(served);
        loop.createTask(() -> serve(served)).addDoneCallback(task -> {
            if (task.cancelled()) served.close();       // perhaps before it began
            server.handled(task);
        });
    }

    private void serve(ServedStreams served) {
        StreamWriter writer = served.writer();
        served.begun();
        try {
            if (side != null && !isSecured(served, side)) return;
            handler.handle(served.reader(), writer);
            if (options.closeOnReturn()) writer.close();
        } catch (CancelledError e) {            // the task ends so, and the connection with it
            throw e;
        } catch (ConnectionLimitException _) {      // anybody can bring it about: told in debug
            writer.close();                         // mode only
        } catch (Throwable e) {                 // all else: the connection ends, the server lives
            writer.close();
            Service.report(loop, "unhandled exception in the handler of a connection", e, writer);
        }
    }

    /// Carries out the handshake. That it failed is told in debug mode only, as by asyncio:
    /// anybody can make it fail.
    private boolean isSecured(ServedStreams served, TlsSide side) {
        try {
            served.writer().startTls(side);
            served.secured();
            return true;
        } catch (IOException e) {
            if (loop.getDebug())
                Service.report(loop, "the TLS handshake of a connection failed", e,
                        served.writer());
            return false;
        }
    }
}

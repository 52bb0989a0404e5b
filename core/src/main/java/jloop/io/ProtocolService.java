package jloop.io;

import java.util.function.Supplier;
import jloop.EventLoop;
import jloop.Socket;
import org.jspecify.annotations.Nullable;

/// Tells each connection to a protocol of its own, over TLS after its handshake.
record ProtocolService(EventLoop loop, Supplier<? extends BaseProtocol> factory,
        @Nullable TlsSide side) implements Service {

    @Override
    public void begin(Server server, Socket accepted) {
        SocketTransport transport = new SocketTransport(loop, accepted, server);
        if (side == null) {
            transport.beginWith(factory);
        } else {
            loop.createTask(() -> transport.beginWith(factory, side)).addDoneCallback(task -> {
                if (task.cancelled()) transport.abort();        // perhaps before it began
            });
        }
    }
}

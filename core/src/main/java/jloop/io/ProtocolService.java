package jloop.io;

import java.util.function.Supplier;
import jloop.EventLoop;
import jloop.Socket;

/// Tells each connection to a protocol of its own.
record ProtocolService(EventLoop loop, Supplier<? extends BaseProtocol> factory)
        implements Service {

    @Override
    public void begin(Server server, Socket accepted) {
        SocketTransport transport = new SocketTransport(loop, accepted, server);
        transport.beginWith(factory);
    }
}

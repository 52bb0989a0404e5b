/// Sends back each datagram to whoever sent it, in one of two ways.
///
///     ./jloop run examples/UdpEcho.java 9999 protocol     callbacks
///     ./jloop run examples/UdpEcho.java 9999 stream       a coroutine
///
///     echo hello | socat - UDP:127.0.0.1:9999
///
/// Port 0 takes any free one.

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

void main(String[] args) {
    if (args.length != 2) {
        IO.println("usage: UdpEcho PORT protocol|stream");
        return;
    }
    int port = Integer.parseInt(args[0]);
    try {
        if (args[1].equals("stream")) run(() -> serveStream(port));
        else run(() -> serveProtocol(port));
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void serveStream(int port) throws IOException {
    try (var stream = openDatagramStream(o -> o.withLocalAddress("127.0.0.1", port))) {
        announce(stream.localAddress());
        while (true) {
            Datagram received = stream.receive();
            stream.send(received.data(), received.from());
        }
    }
}

void serveProtocol(int port) throws IOException {
    var endpoint = createDatagramEndpoint(Echo::new, o -> o.withLocalAddress("127.0.0.1", port));
    try (endpoint) {
        announce((SocketAddress) endpoint.transport().getExtraInfo("sockname"));
        endpoint.protocol().lost.await();
    }
}

static class Echo implements DatagramProtocol {

    final Future<Throwable> lost = getRunningLoop().createFuture();
    private DatagramTransport transport;

    @Override
    public void connectionMade(DatagramTransport made) {
        transport = made;
    }

    @Override
    public void datagramReceived(ByteBuffer data, SocketAddress from) {
        transport.sendto(data, from);
    }

    @Override
    public void errorReceived(IOException failure) {
        IO.println("Error: " + failure.getMessage());
    }

    @Override
    public void connectionLost(Throwable why) {
        if (!lost.done()) lost.setResult(why);
    }
}

void announce(SocketAddress address) {
    IO.println("Listening on port " + ((InetSocketAddress) address).getPort());
}

package jloop.kernel;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.BooleanSupplier;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Poller;

/// A poller with a listener on the loopback interface, and the means to wait.
final class Net implements AutoCloseable {

    /// Two ends of a connection.
    static final class Pair {

        final Descriptor client;
        final Descriptor server;

        Pair(Descriptor client, Descriptor server) {
            this.client = client;
            this.server = server;
        }
    }

    final Poller poller;
    private final Descriptor listener;

    Net(Poller poller) throws IOException {
        this.poller = poller;
        listener = open(Family.INET);
        var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        assertThat(listener.bind(address)).isZero();
        assertThat(listener.listen(200)).isZero();
    }

    Descriptor listener() {
        return listener;
    }

    Descriptor open(Family family) {
        Descriptor descriptor = poller.open(family);
        assertThat(descriptor.error()).isZero();
        return descriptor;
    }

    Pair connect() {
        return connect(Family.INET, listener);
    }

    Pair connect(Family family, Descriptor listener) {
        Descriptor client = open(family);
        Request connect = start(new Request(client).connect(listener.localAddress()));
        Request accept = start(new Request(listener).accept());
        assertThat(finish(connect)).isZero();
        assertThat(finish(accept)).isZero();
        return new Pair(client, accepted(accept));
    }

    Descriptor accepted(Request accept) {
        assertThat(accept.accepted).isNotNull();
        return accept.accepted;
    }

    /// Closes the descriptor of `request`, accepts a connection in its place (which gets the
    /// same number, where numbers are used again) and waits for data from that.
    Request replace(Request request) {
        request.descriptor.close();
        Request accept = new Request(listener).accept();
        assertThat(poller.submit(accept)).as("a connection is waiting").isTrue();
        return start(new Request(accepted(accept)).kind(Operation.Kind.READABLE));
    }

    Request start(Request request) {
        request.underWay = true;
        if (poller.submit(request)) request.underWay = false;
        return request;
    }

    int finish(Request request) {
        pollUntil(request::isOver);
        return request.result;
    }

    int run(Request request) {
        return finish(start(request));
    }

    /// Sends `text` over a new connection; returns what came of it.
    String echo(String text) {
        Pair pair = connect();
        assertThat(send(pair.client, text)).isPositive();
        return receive(pair.server);
    }

    int send(Descriptor descriptor, String text) {
        return run(new Request(descriptor).send(text));
    }

    /// What came, `EOF`, or the text of an error.
    String receive(Descriptor descriptor) {
        Request receive = new Request(descriptor).receive(1000);
        run(receive);
        return receive.text();
    }

    /// The next `count` bytes.
    byte[] receive(Descriptor descriptor, int count) {
        byte[] heard = new byte[count];
        Request receive = new Request(descriptor).receive(1 << 20);
        for (int received = 0; received < count; received += receive.result) {
            assertThat(run(receive)).isPositive();
            System.arraycopy(receive.array, 0, heard, received, receive.result);
        }
        return heard;
    }

    /// Polls until `condition` holds; fails after ten seconds of real time.
    void pollUntil(BooleanSupplier condition) {
        long start = Clock.SYSTEM.nanos();
        while (!condition.getAsBoolean()) {
            poller.poll(1_000_000);
            assertThat(Clock.SYSTEM.nanos() - start).isLessThan(SECONDS.toNanos(10));
        }
    }

    @Override
    public void close() {
        poller.close();
    }
}

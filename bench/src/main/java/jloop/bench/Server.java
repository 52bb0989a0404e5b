package jloop.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// A contestant that listens.
final class Server implements AutoCloseable {

    private static final double READY_SECONDS_MAX = 20;
    private static final long RETRY_MILLIS = 20;

    private final Contestant contestant;
    private final String address;       // a port of 127.0.0.1, or a path
    private final Child child;

    private Server(Contestant contestant, String address, Child child) {
        this.contestant = contestant;
        this.address = address;
        this.child = child;
    }

    /// Starts a contestant and waits until it can be connected to.
    ///
    /// @param kind what it serves, as in [Contestant#serves]
    /// @param unix whether on a unix socket
    static Server start(Contestant contestant, String kind, boolean unix, Lab lab)
            throws NotRunnable {
        var address = unix ? lab.freeSocketPath().toString() : String.valueOf(lab.freePort());
        var argv = lab.command(
                contestant, contestant.argv(), Map.of("kind", kind, "address", address));
        var child = lab.start(contestant.name() + "-" + kind, argv, Lab.SERVER_CORE);
        var server = new Server(contestant, address, child);
        server.awaitReady();
        return server;
    }

    String address() {
        return address;
    }

    long pid() {
        return child.pid();
    }

    /// Fails if it has ended.
    void checkAlive() throws WindowFailure {
        if (!child.isAlive()) throw new WindowFailure("the server ended: " + child.lastWords());
    }

    private void awaitReady() throws NotRunnable {
        var waited = new Stopwatch();
        while (!canConnect()) {
            boolean hasEnded = child.hasEndedAfter(RETRY_MILLIS);
            if (!hasEnded && waited.seconds() < READY_SECONDS_MAX) continue;
            close();
            throw new NotRunnable((hasEnded ? "does not start" : "does not listen") + ": "
                    + child.lastWords() + "; needs " + contestant.needs());
        }
    }

    private boolean canConnect() {
        if (isPath() && !Files.exists(Path.of(address))) return false;
        try (var _ = SocketChannel.open(socketAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private SocketAddress socketAddress() {
        if (isPath()) return UnixDomainSocketAddress.of(address);
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(address));
    }

    private boolean isPath() {
        return address.startsWith("/");
    }

    @Override
    public void close() {
        child.close();
        if (!isPath()) return;
        try {
            Files.deleteIfExists(Path.of(address));
            var folder = Path.of(address).getParent();
            if (folder != null) Files.deleteIfExists(folder);
        } catch (IOException e) {
            // Left over in the folder for temporary files.
        }
    }
}

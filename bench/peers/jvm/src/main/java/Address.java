import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/// The second argument of every server: a port of 127.0.0.1, or the path of a unix socket.
final class Address {

    static final int BACKLOG = 1024;

    private Address() {}

    static boolean isUnix(String address) {
        return address.startsWith("/");
    }

    /// The address to listen at; a socket file that an earlier server left there is gone.
    static SocketAddress of(String address) throws IOException {
        if (isUnix(address)) return UnixDomainSocketAddress.of(freePath(address));
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(address));
    }

    static String freePath(String path) throws IOException {
        Files.deleteIfExists(Path.of(path));
        return path;
    }
}

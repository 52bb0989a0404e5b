package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The open files of this process that a poller may leave behind, from /proc.
final class KernelFiles {

    private KernelFiles() { }

    /// The JDK opens a socket of its own, for ever, when it closes its first one.
    static void warmUp() throws IOException {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            assertThat(client.isConnected()).isTrue();
        }
    }

    /// How many sockets, pipes, epolls, eventfds and io_urings are open.
    static long count() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.map(KernelFiles::target).filter(KernelFiles::isOfAPoller).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The flags of open(2) of `fd`.
    static int flags(int fd) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)))
            if (line.startsWith("flags:")) return Integer.parseInt(line.substring(6).strip(), 8);
        throw new AssertionError("no flags of fd " + fd);
    }

    private static boolean isOfAPoller(String target) {
        return target.startsWith("socket:") || target.startsWith("pipe:")
                || target.startsWith("anon_inode:[event")
                || target.startsWith("anon_inode:[io_uring") || target.endsWith("/fifo");
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "closed meanwhile";
        }
    }
}

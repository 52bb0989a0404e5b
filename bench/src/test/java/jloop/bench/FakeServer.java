package jloop.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/// A contestant that accepts connections and does nothing with them. It notes its process in
/// the file that its last argument names.
final class FakeServer {

    private FakeServer() {}

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[1]);
        Files.writeString(Path.of(args[2]), String.valueOf(ProcessHandle.current().pid()));
        try (var server = new ServerSocket(port, 100, InetAddress.getLoopbackAddress())) {
            while (!server.isClosed()) server.accept().close();
        }
    }
}

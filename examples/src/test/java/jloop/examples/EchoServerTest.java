package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EchoServerTest {

    private static final int TIMEOUT_MILLIS = 20_000;

    @Test
    void echo_bySockets_returnsEveryByte() throws Exception {
        check("sock");
    }

    @Test
    void echo_byStreams_returnsEveryByte() throws Exception {
        check("streams");
    }

    @Test
    void echo_byAProtocol_returnsEveryByte() throws Exception {
        check("protocol");
    }

    @Test
    void echo_byABufferedProtocol_returnsEveryByte() throws Exception {
        check("buffered");
    }

    @Test
    void unknownWay_isAnsweredByTheUsage() throws Exception {
        assertThat(Example.run("EchoServer", "0", "sock", "tls", "keys"))
                .startsWith("usage: EchoServer PORT");
        assertThat(Example.run("EchoServer", "0", "pigeons")).startsWith("usage: ");
    }

    private static void check(String way) throws Exception {
        try (var server = Example.start("EchoServer", "0", way)) {
            int port = server.port("Listening");

            echoAtOnce(port, 50);
            echoMuch(port, 3_000_000);
            leaveInTheMiddle(port);
            echoAtOnce(port, 1);

            server.interrupt();
            assertThat(server.rest()).isEqualTo("Stopped\n");
        }
    }

    private static void echoAtOnce(int port, int count) throws IOException {
        var sockets = new ArrayList<Socket>();
        try {
            for (int i = 0; i < count; i++) {
                var socket = connect(port);
                sockets.add(socket);
                socket.getOutputStream().write(("hello " + i).getBytes());
            }
            for (int i = 0; i < count; i++) {
                var wanted = ("hello " + i).getBytes();
                var stream = sockets.get(i).getInputStream();
                assertThat(stream.readNBytes(wanted.length)).isEqualTo(wanted);
                sockets.get(i).shutdownOutput();
                assertThat(stream.read()).isEqualTo(-1);
            }
        } finally {
            for (var socket : sockets) socket.close();
        }
    }

    private static void echoMuch(int port, int count) throws Exception {
        var bytes = new byte[count];
        new Random(1).nextBytes(bytes);
        try (var socket = connect(port)) {
            var writing = Thread.ofPlatform().start(() -> write(socket, bytes));
            assertThat(socket.getInputStream().readNBytes(count)).isEqualTo(bytes);
            writing.join();
        }
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            OutputStream stream = socket.getOutputStream();
            stream.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Resets a connection that is being answered.
    private static void leaveInTheMiddle(int port) throws IOException {
        try (var socket = connect(port)) {
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write(new byte[100_000]);
        }
    }

    private static Socket connect(int port) throws IOException {
        var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }
}

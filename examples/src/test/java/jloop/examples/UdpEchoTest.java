package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UdpEchoTest {

    private static final int TIMEOUT_MILLIS = 20_000;

    @Test
    void echo_byAProtocol_returnsEachDatagram() throws Exception {
        check("protocol");
    }

    @Test
    void echo_byAStream_returnsEachDatagram() throws Exception {
        check("stream");
    }

    private static void check(String way) throws Exception {
        try (var server = Example.start("UdpEcho", "0", way)) {
            int port = server.port("Listening");

            try (var one = new DatagramSocket(); var other = new DatagramSocket()) {
                for (int size : new int[] {0, 1, 1_400, 65_507}) {
                    send(one, size, port);
                    send(other, size, port);
                    assertThat(receive(one)).isEqualTo(bytes(size));
                    assertThat(receive(other)).isEqualTo(bytes(size));
                }
            }

            server.interrupt();
            assertThat(server.rest()).isEqualTo("Stopped\n");
        }
    }

    private static byte[] bytes(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static void send(DatagramSocket socket, int size, int port) throws IOException {
        socket.send(new DatagramPacket(
                bytes(size), size, InetAddress.ofLiteral("127.0.0.1"), port));
    }

    private static byte[] receive(DatagramSocket socket) throws IOException {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        var packet = new DatagramPacket(new byte[70_000], 70_000);
        socket.receive(packet);
        return java.util.Arrays.copyOf(packet.getData(), packet.getLength());
    }
}

package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import jloop.poller.Poller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

class UringPollerTest implements PollerContract {

    long filesBefore;

    @Override
    public Poller newPoller() {
        return new UringPoller();
    }

    // The JDK opens a socket of its own, for ever, when it closes its first one.
    @BeforeAll
    static void warmUp() throws IOException {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            assertThat(client.isConnected()).isTrue();
        }
    }

    @BeforeEach
    void countFiles() {
        filesBefore = KernelFiles.count();
    }

    @AfterEach
    void leavesNoFiles() {
        assertThat(KernelFiles.count()).isEqualTo(filesBefore);
    }
}

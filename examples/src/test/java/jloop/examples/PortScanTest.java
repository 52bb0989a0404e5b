package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortScanTest {

    @Test
    void scan_moreThanAThousandPorts_findsTheOpenOne() throws Exception {
        try (var open = new ServerSocket(0, 10, InetAddress.ofLiteral("127.0.0.1"))) {
            int to = open.getLocalPort();

            var printed = Example.run("PortScan", "127.0.0.1", "" + (to - 1499), "" + to);

            assertThat(printed).contains("open: " + to + "\n")
                    .containsPattern("1500 ports of 127.0.0.1, \\d+ open, \\d+ without an answer");
        }
    }
}

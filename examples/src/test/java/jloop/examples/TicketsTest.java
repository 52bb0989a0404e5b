package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.util.ArrayList;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TicketsTest {

    private static final int CONNECTIONS = 40;

    @Test
    void tickets_fromAllLoops_areNumberedWithoutAGap() throws Exception {
        try (var server = Example.start("Tickets", "0", "3")) {
            int port = server.port("Tickets");
            var numbers = new TreeSet<Integer>();
            var loops = new TreeSet<String>();

            var socats = new ArrayList<Process>();
            for (int i = 0; i < CONNECTIONS; i++) socats.add(Peer.socat(port));
            for (var socat : socats) Peer.say(socat, "one please\nand another one\n");
            for (var socat : socats) {
                try (BufferedReader answers = socat.inputReader()) {
                    for (String answer : answers.lines().toList()) {
                        numbers.add(Integer.valueOf(answer.split(" ")[1]));
                        loops.add(answer.split(" ")[4]);
                    }
                }
            }

            assertThat(numbers).hasSize(2 * CONNECTIONS);
            assertThat(numbers.getFirst()).isEqualTo(1);
            assertThat(numbers.getLast()).isEqualTo(2 * CONNECTIONS);
            assertThat(loops).containsExactly("0", "1", "2");
            server.interrupt();
            assertThat(server.rest()).isEqualTo("Stopped\n");
        }
    }
}

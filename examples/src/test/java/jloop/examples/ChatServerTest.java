package jloop.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class ChatServerTest {

    private static final int TIMEOUT_MILLIS = 20_000;

    /// Somebody in the chat.
    private record Guest(Socket socket, BufferedReader in, Writer out) implements AutoCloseable {

        static Guest connect(int port) throws IOException {
            var socket = new Socket();
            socket.setReceiveBufferSize(200_000);   // or the system takes more for who is slow
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
            socket.setSoTimeout(TIMEOUT_MILLIS);
            return new Guest(socket,
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)),
                    new OutputStreamWriter(socket.getOutputStream(), UTF_8));
        }

        /// Enters as `name`, and reads up to who is there.
        static Guest enter(int port, String name) throws IOException {
            var guest = connect(port);
            assertThat(guest.hear()).isEqualTo("What is your name?");
            guest.say(name);
            assertThat(guest.hear()).startsWith("* Here: ");
            return guest;
        }

        void say(String line) throws IOException {
            out.write(line + "\n");
            out.flush();
        }

        String hear() throws IOException {
            return in.readLine();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private interface Body {
        void run(int port) throws Exception;
    }

    private static void chat(String patienceSeconds, Body body) throws Exception {
        try (var server = Example.start("ChatServer", "0", patienceSeconds)) {
            body.run(server.port("Chatting"));

            server.interrupt();
            assertThat(server.rest()).isEqualTo("Stopped\n");
        }
    }

    @Test
    void whatOneSays_isHeardByAllOthers() throws Exception {
        chat("30", port -> {
            try (var ann = Guest.enter(port, "ann"); var bob = Guest.enter(port, "Bob")) {
                assertThat(ann.hear()).isEqualTo("* Bob has come");
                var socat = Peer.socat(port);
                Peer.say(socat, "zoë\n\033[31mhello\r\n");
                for (var guest : new Guest[] {ann, bob}) {
                    assertThat(guest.hear()).isEqualTo("* zoë has come");
                    assertThat(guest.hear()).isEqualTo("zoë: [31mhello");
                    assertThat(guest.hear()).isEqualTo("* zoë has gone");
                }
                try (var heard = socat.inputReader(UTF_8)) {
                    assertThat(heard.lines().toList())
                            .startsWith("What is your name?", "* Here: Bob, ann");
                }

                askForName(port, ann);
                assertThat(bob.hear()).isEqualTo("* ben has come");
                assertThat(bob.hear()).isEqualTo("* ben has gone");

                ann.say("hello, Bob");
                assertThat(bob.hear()).isEqualTo("ann: hello, Bob");
                bob.say("hello, ann");
                assertThat(ann.hear()).isEqualTo("Bob: hello, ann");

                ann.socket.setSoLinger(true, 0);            // a reset
                ann.close();
                assertThat(bob.hear()).isEqualTo("* ann has gone");
            }
        });
    }

    private static void askForName(int port, Guest ann) throws IOException {
        try (var other = Guest.connect(port)) {
            assertThat(other.hear()).isEqualTo("What is your name?");
            other.say("ann");
            assertThat(other.hear()).isEqualTo("ann is here already. And you?");
            other.say("no name");
            assertThat(other.hear()).startsWith("Up to 20");
            other.say("ben");
            assertThat(other.hear()).isEqualTo("* Here: Bob, ann");
            assertThat(ann.hear()).isEqualTo("* ben has come");

            other.say("x".repeat(5_000));
            assertThat(other.hear()).startsWith("That line was too long");
            assertThat(other.hear()).isNull();
            assertThat(ann.hear()).isEqualTo("* ben has gone");
        }
    }

    @Test
    void slowReader_missesLinesAndHoldsUpNobody() throws Exception {
        chat("30", port -> {
            int batches = 200;
            int lines = 50;
            String text = "x".repeat(900);
            try (var slow = Guest.enter(port, "slow"); var ann = Guest.enter(port, "ann");
                    var bob = Guest.enter(port, "bob")) {
                assertThat(ann.hear()).isEqualTo("* bob has come");
                for (int i = 0; i < batches; i++) {
                    for (int j = 0; j < lines; j++) ann.out.write(text + "\n");
                    ann.out.flush();
                    for (int j = 0; j < lines; j++)
                        assertThat(bob.hear()).isEqualTo("ann: " + text);
                }

                assertThat(slow.hear()).isEqualTo("* ann has come");
                assertThat(slow.hear()).isEqualTo("* bob has come");
                int heard = 0;
                String line;
                while ((line = slow.hear()).equals("ann: " + text)) heard++;
                assertThat(line).isEqualTo(
                        "* You have missed " + (batches * lines - heard) + " lines");
                assertThat(heard).isBetween(100, batches * lines - 1);
                ann.say("still there?");
                assertThat(slow.hear()).isEqualTo("ann: still there?");
                slow.say("yes");
                assertThat(ann.hear()).isEqualTo("slow: yes");
            }
        });
    }

    @Test
    void silentReader_isSentAway() throws Exception {
        chat("1", port -> {
            try (var _ = Guest.enter(port, "slow"); var ann = Guest.enter(port, "ann")) {
                // As much as the system takes for a peer, and more.
                for (int i = 0; i < 10_000; i++) ann.out.write("x".repeat(900) + "\n");
                ann.out.flush();

                assertThat(ann.hear()).isEqualTo("* slow has gone");
            }
        });
    }
}

package jloop;

import static jloop.Asyncio.connectReadPipe;
import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.startServer;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.util.ArrayList;
import java.util.List;
import jloop.io.Protocol;
import jloop.io.Server;
import jloop.kernel.RawFiles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Sockets of ours that native code closes by their numbers: close(2) and dup2(2).
@ExtendWith(PipeCheck.class)
class ClosedByOthersTest {

    private static Task<byte[]> receiving(Rig rig, Socket socket) {
        Task<byte[]> task = createTask(() -> rig.loop.sockRecv(socket, 100));
        rig.turns(2);
        return task;
    }

    private static void assertToldClosed(Task<?> task) {
        assertThatThrownBy(task::await).isInstanceOf(SocketException.class)
                .hasMessageContaining("EBADF");
    }

    /// A new socket of the loop that has this number, which is free.
    private static Socket ofNumber(Rig rig, int number) throws IOException {
        List<Socket> others = new ArrayList<>();
        try {
            while (true) {
                Socket socket = Socket.open(rig.loop, StandardProtocolFamily.INET);
                if (socket.fileno() == number) return socket;
                others.add(socket);
            }
        } finally {
            others.forEach(Socket::close);
        }
    }

    @Test
    void number_thatAnotherSocketOfTheLoopHas_isItsAlone() {
        Rig.run(rig -> {
            try (Rig.Ends old = rig.connect(); Socket listener = rig.listener()) {
                int number = old.server().fileno();
                Task<byte[]> lost = receiving(rig, old.server());
                Task<Void> alsoLost = createTask(
                        () -> rig.loop.sockSendall(old.server(), new byte[6_000_000]));
                rig.turns(2);
                rig.loop.sockSendall(old.client(), bytes("a stale event"));

                RawFiles.close(number);
                try (Socket fresh = ofNumber(rig, number)) {
                    assertToldClosed(lost);
                    assertToldClosed(alsoLost);
                    rig.loop.sockConnect(fresh, listener.localAddress());
                    try (Socket accepted = rig.loop.sockAccept(listener)) {
                        Task<byte[]> read = receiving(rig, fresh);
                        assertThat(read.done()).as("no stale event").isFalse();
                        assertThatThrownBy(() -> rig.loop.sockSendall(old.server(), bytes("x")))
                                .isInstanceOf(SocketException.class);
                        old.server().close();
                        rig.loop.sockSendall(accepted, bytes("new"));
                        assertThat(text(read.await())).isEqualTo("new");
                    }
                }
            }
            rig.checkEcho();
        });
    }

    @Test
    void number_thatIsNobodys_failsTheNextCallAndAllWhoWait() {
        Rig.run(rig -> {
            try (Rig.Ends ends = rig.connect()) {
                int number = ends.server().fileno();
                Task<byte[]> waiting = receiving(rig, ends.server());

                RawFiles.close(number);

                assertThatThrownBy(() -> rig.loop.sockSendall(ends.server(), bytes("x")))
                        .isInstanceOf(SocketException.class).hasMessageContaining("EBADF");
                assertThat(ends.server().isOpen()).isFalse();
                ends.server().close();
                assertToldClosed(waiting);
            }
            rig.checkEcho();
        });
    }

    @Test
    void number_ofAFileThatIsNoSocket_isLeftAlone() {
        Rig.run(rig -> {
            int[] pipe = RawFiles.pipe();
            Rig.Ends ends = rig.connect();
            int number = ends.server().fileno();
            RawFiles.duplicateAs(pipe[0], number);
            RawFiles.write(pipe[1], "a stranger's");

            assertThatThrownBy(() -> rig.loop.sockSendall(ends.server(), bytes("x")))
                    .isInstanceOf(SocketException.class).hasMessageContaining("EBADF");
            ends.close();

            assertThat(RawFiles.isOpen(number)).isTrue();
            assertThat(RawFiles.read(number)).isEqualTo("a stranger's");
            RawFiles.close(number, pipe[0], pipe[1]);
            rig.checkEcho();
        });
    }

    /// One that has waited is known to epoll.
    @Test
    void number_ofAStrangersSocket_isNotClosed() {
        Rig.run(rig -> {
            int[] pair = RawFiles.socketPair();
            Rig.Ends ends = rig.connect();
            int number = ends.server().fileno();
            Task<byte[]> waiting = receiving(rig, ends.server());
            RawFiles.duplicateAs(pair[0], number);
            RawFiles.write(pair[1], "a stranger's");
            rig.turns(3);
            assertThat(waiting.done()).as("no event for another").isFalse();

            ends.close();

            assertToldClosed(waiting);
            assertThat(RawFiles.isOpen(number)).isTrue();
            assertThat(RawFiles.read(number)).isEqualTo("a stranger's");
            RawFiles.close(number, pair[0], pair[1]);
            rig.checkEcho();
        });
    }

    @Test
    void numberOfAPipe_thatAnotherPipeHas_isNotClosed() {
        Rig.run(rig -> {
            int[] ours = RawFiles.pipe();
            int[] others = RawFiles.pipe();
            int number = ours[0];
            var connection = connectReadPipe(
                    () -> new Protocol() { }, PipeEnd.ofDescriptor(number));
            rig.turns(3);
            RawFiles.duplicateAs(others[0], number);
            RawFiles.write(others[1], "a stranger's");

            connection.transport().abort();
            rig.turns(3);

            assertThat(RawFiles.read(number)).isEqualTo("a stranger's");
            RawFiles.close(ours[1]);
            RawFiles.close(number, others[0], others[1]);
        });
    }

    @Test
    void transport_whoseNumberIsAnothers_isLostOnce() {
        Rig.run(rig -> {
            List<@Nullable Throwable> losses = new ArrayList<>();
            Server server = startServer(Rig::echo, "127.0.0.1", 0);
            var connection = createConnection(() -> new Protocol() {
                @Override
                public void connectionLost(@Nullable Throwable why) {
                    losses.add(why);
                }
            }, "127.0.0.1", server.port());
            rig.turns(3);
            int number = ((Socket) connection.transport().getExtraInfo("socket")).fileno();

            RawFiles.close(number);
            try (Socket fresh = ofNumber(rig, number)) {
                rig.await("the loss", () -> !losses.isEmpty());
                rig.turns(3);
                assertThat(losses).hasSize(1).first().isInstanceOf(SocketException.class);
                assertThat(fresh.localAddress()).as("open").isNotNull();
            }
            server.close();
            server.waitClosed();
            rig.checkEcho();
        });
    }

    @Test
    void listener_whoseNumberIsAnothers_isNotServedAndClosesNobody() {
        Rig.run(rig -> {
            Server server = startServer(Rig::echo, "127.0.0.1", 0);
            rig.turns(3);
            int number = server.sockets().getFirst().fileno();

            RawFiles.close(number);
            try (Socket fresh = ofNumber(rig, number)) {
                rig.turns(5);
                server.close();
                server.waitClosed();
                assertThat(fresh.localAddress()).as("open").isNotNull();
            }
            rig.takeReports();
            rig.checkEcho();
        });
    }
}

package jloop.io;

import static jloop.Asyncio.connectAcceptedSocket;
import static jloop.Asyncio.createConnection;
import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Rig.bytes;
import static jloop.Rig.loopback;
import static jloop.Rig.text;
import static jloop.io.TracingProtocol.awaitTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jloop.BrokenPipeException;
import jloop.ConnectionResetException;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;

/// What peers do that are slow, rude or gone: to servers, to streams and to protocols.
class PeerFaultsTest {

    private static final String HERE = "127.0.0.1";
    private static final int MUCH = 6_000_000;      // more than the kernel takes at once
    private static final Duration WHILE = Duration.ofMillis(100);

    /// A protocol that goes on sending when the peer has ended its direction.
    private static class Open extends TracingProtocol {

        @Override
        public boolean eofReceived() throws Exception {
            super.eofReceived();
            return true;
        }
    }

    private static Transport transport(Socket socket, TracingProtocol protocol)
            throws IOException {
        return connectAcceptedSocket(() -> protocol, socket).transport();
    }

    private static void end(Server server) {
        server.close();
        server.waitClosed();
    }

    // ---- Those who knock

    @EachNetwork
    void manyKnockAtOnce_fewAreLetInATurn(Rig.Network network) {
        Rig.survive(network, rig -> {
            Socket listener = rig.listener();
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 300; i++) clients.add(rig.connectTo(listener));
            int most = 0;
            int before = 0;

            Server server = startServer(Rig::echo, listener, o -> o);
            while (server.connectionCount() < clients.size()) {
                rig.turns(1);
                most = Math.max(most, server.connectionCount() - before);
                before = server.connectionCount();
            }

            // One that was waited for, and those that were there.
            assertThat(most).as("let in in one turn").isLessThanOrEqualTo(1 + 64);
            clients.forEach(Socket::close);
            end(server);
        });
    }

    @EachNetwork
    void resetBeforeTheAccept_theOthersAreServed(Rig.Network network) {
        Rig.survive(network, rig -> {
            Socket listener = rig.listener();
            Socket gone = rig.connectTo(listener);
            Socket stays = rig.connectTo(listener);
            gone.setLinger(0);
            gone.close();

            List<TracingProtocol> made = new ArrayList<>();
            Server server = createServer(() -> {
                made.add(new TracingProtocol.Echo());
                return made.getLast();
            }, listener, o -> o);
            RawPeer peer = new RawPeer(rig.loop, stays);
            peer.send("hello");

            assertThat(text(peer.receive(5))).isEqualTo("hello");
            rig.await("an end to who has gone", () -> server.connectionCount() == 1);
            assertThat(made.stream().filter(TracingProtocol::isLost)).allSatisfy(one ->
                    assertThat(one.lostBy).isInstanceOf(ConnectionResetException.class));
            peer.close();
            end(server);
        });
    }

    // ---- Those who are called

    @EachNetwork
    void resetOnceConnected_theFirstReadAndTheProtocolAreTold(Rig.Network network) {
        Rig.survive(network, rig -> {
            Socket listener = rig.listener();
            int port = ((java.net.InetSocketAddress)
                    Objects.requireNonNull(listener.localAddress())).getPort();
            Task<Void> rude = createTask(() -> {
                while (true) new RawPeer(rig.loop, rig.loop.sockAccept(listener)).reset();
            });

            try (StreamPair pair = openConnection(HERE, port)) {
                assertThatThrownBy(() -> pair.reader().read(1))
                        .isInstanceOf(ConnectionResetException.class);
                pair.writer().write(bytes("x"));
                assertThatThrownBy(() -> pair.writer().drain())
                        .isInstanceOf(ConnectionResetException.class);
            }
            try (StreamPair pair = openConnection(HERE, port)) {
                assertThatThrownBy(() -> {
                    while (true) {
                        pair.writer().write(bytes("x"));
                        pair.writer().drain();
                        rig.turns(1);
                    }
                }).isInstanceOfAny(ConnectionResetException.class, BrokenPipeException.class);
            }
            var connection = createConnection(TracingProtocol::new, HERE, port);
            awaitTrace(rig, connection.protocol(), "made", "lost");
            assertThat(connection.protocol().lostBy)
                    .isInstanceOf(ConnectionResetException.class);

            rude.cancel();
            listener.close();
        });
    }

    @EachNetwork
    void closeWhileConnecting_isToldOnce(Rig.Network network) {
        Rig.survive(network, rig -> {
            Socket listener = Socket.open(rig.loop, StandardProtocolFamily.INET);
            listener.bind(loopback(0));
            listener.listen(1);
            List<Socket> clients = new ArrayList<>();
            List<Task<Void>> connecting = new ArrayList<>();
            List<Task<Void>> waiting = List.of();
            while (waiting.isEmpty() && clients.size() < 60) {
                for (int i = 0; i < 6; i++) {           // more than a backlog of 1 holds
                    Socket client = Socket.open(rig.loop, StandardProtocolFamily.INET);
                    clients.add(client);
                    connecting.add(createTask(() -> rig.loop.sockConnect(
                            client, Objects.requireNonNull(listener.localAddress()))));
                }
                rig.turns(20);
                waiting = connecting.stream().filter(t -> !t.done()).toList();
            }
            assertThat(waiting).isNotEmpty();

            clients.forEach(Socket::close);

            for (Task<Void> each : waiting)
                assertThatThrownBy(each::await).isInstanceOf(SocketException.class);
            listener.close();
        });
    }

    // ---- Ends of one direction

    @EachNetwork
    void bothEndTheirDirectionAtOnce_bothSeeOneEnd(Rig.Network network) {
        Rig.survive(network, rig -> {
            Rig.Ends ends = rig.connect();
            Open one = new Open();
            Open other = new Open();
            Transport left = transport(ends.client(), one);
            Transport right = transport(ends.server(), other);

            left.writeEof();
            right.writeEof();
            awaitTrace(rig, one, "made", "eof");
            awaitTrace(rig, other, "made", "eof");
            rig.turns(5);
            left.close();
            right.close();

            awaitTrace(rig, one, "made", "eof", "lost");
            awaitTrace(rig, other, "made", "eof", "lost");
            assertThat(one.lostBy).isNull();
            assertThat(other.lostBy).isNull();
        });
    }

    @EachNetwork
    void bothStreamsEndAtOnce_bothReadTheEnd(Rig.Network network) {
        Rig.survive(network, _ -> {
            Server server = startServer((reader, writer) -> {
                writer.writeEof();
                assertThat(reader.readAll()).isEmpty();
            }, HERE, 0);
            try (StreamPair pair = openConnection(HERE, server.port())) {
                pair.writer().writeEof();
                assertThat(pair.reader().readAll()).isEmpty();
            }
            end(server);
        });
    }

    @EachNetwork
    void weHaveEndedOurDirection_muchIsStillReceived(Rig.Network network) {
        byte[] much = Rig.pattern(MUCH);
        Rig.survive(network, rig -> {
            Server server = startServer((reader, writer) -> {
                assertThat(reader.readAll()).isEmpty();
                writer.write(much);
            }, HERE, 0);
            try (StreamPair pair = openConnection(HERE, server.port())) {
                pair.writer().writeEof();
                assertThat(pair.reader().readAll()).isEqualTo(much);
            }
            var connection = createConnection(() -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) {
                    made.writeEof();
                }

                @Override
                public void dataReceived(java.nio.ByteBuffer data) {
                    bytes += data.remaining();
                }
            }, HERE, server.port());
            rig.await("the end", connection.protocol()::isLost);
            assertThat(connection.protocol().bytes).isEqualTo(MUCH);
            end(server);
        });
    }

    // ---- Resets

    /// What came before a reset is delivered; and who has paused is told when it goes on, for
    /// which nobody spins meanwhile.
    @EachNetwork
    void resetWhilePaused_whatCameIsGivenThenTheLossIsTold(Rig.Network network) {
        Rig.survive(network, rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol protocol = new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) throws Exception {
                    super.connectionMade(made);
                    made.pauseReading();
                }
            };
            Transport transport = transport(ends.server(), protocol);
            RawPeer peer = new RawPeer(rig.loop, ends.client());
            peer.send("last words");
            peer.reset();
            rig.checkIdle(WHILE);
            assertThat(protocol.trace).containsExactly("made");

            transport.resumeReading();

            awaitTrace(rig, protocol, "made", "last words", "lost");
            assertThat(protocol.lostBy).isInstanceOf(ConnectionResetException.class);
        });
    }

    @EachNetwork
    void peerHasGoneWhilePaused_theNextWritesTell(Rig.Network network) {
        Rig.survive(network, rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol protocol = new TracingProtocol();
            Transport transport = transport(ends.server(), protocol);
            transport.pauseReading();
            ends.client().close();
            rig.checkIdle(WHILE);
            assertThat(protocol.isLost()).isFalse();

            rig.await("the loss", () -> {
                transport.write(bytes("x"));
                return protocol.isLost();
            });

            assertThat(protocol.lostBy).isInstanceOf(SocketException.class);
            assertThat(protocol.trace).containsExactly("made", "lost");
        });
    }

    // ---- Urgent data

    /// A byte that is out of band is left where it is, and nobody is kept busy by it.
    @EachPoller
    void urgentData_isIgnored(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Socket listener = rig.listener();
            try (var client = new java.net.Socket()) {
                client.connect(listener.localAddress());
                TracingProtocol protocol = new TracingProtocol();
                Transport transport = transport(rig.loop.sockAccept(listener), protocol);
                OutputStream out = client.getOutputStream();
                client.sendUrgentData('!');
                rig.checkIdle(WHILE);
                out.write(bytes("before"));
                rig.await("what comes before", () -> protocol.bytes == 6);
                client.sendUrgentData('!');
                out.write(bytes("after"));
                rig.await("what comes after", () -> protocol.bytes == 11);

                assertThat(String.join("", protocol.trace)).isEqualTo("madebeforeafter");
                transport.abort();
            }
            listener.close();
        });
    }

    // ---- Those who do not read

    /// What is to be sent first keeps a closing connection for as long as the peer keeps it:
    /// who does not want to wait aborts.
    @EachNetwork
    void closeWithAPeerThatNeverReads_waitsUntilItIsAborted(Rig.Network network) {
        Rig.survive(network, rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol protocol = new TracingProtocol();
            Transport transport = transport(ends.server(), protocol);
            transport.write(new byte[MUCH]);

            transport.close();
            rig.checkIdle(WHILE);
            assertThat(protocol.isLost()).isFalse();
            transport.abort();

            awaitTrace(rig, protocol, "made", "pause", "lost");
            assertThat(protocol.lostBy).isNull();
            ends.client().close();
        });
    }

    @EachNetwork
    void closeOfAStreamWithAPeerThatNeverReads_waitsUntilItIsAborted(Rig.Network network) {
        Rig.survive(network, rig -> {
            Socket listener = rig.listener();
            StreamPair pair = openConnection(HERE, ((java.net.InetSocketAddress)
                    Objects.requireNonNull(listener.localAddress())).getPort());
            Socket peer = rig.loop.sockAccept(listener);
            pair.writer().write(new byte[MUCH]);
            Task<Void> closed = createTask(() -> pair.writer().waitClosed());

            pair.close();
            rig.checkIdle(WHILE);
            assertThat(closed.done()).isFalse();
            pair.writer().abort();

            closed.await();
            peer.close();
            listener.close();
        });
    }

    // ---- Those who write when they are told of room

    @EachNetwork
    void resumeWritingThatFillsUpAgain_isPairedAndNotNested(Rig.Network network) {
        Rig.survive(network, rig -> {
            Rig.Ends ends = rig.connect();
            int[] depth = new int[1];
            TracingProtocol protocol = new TracingProtocol() {
                private int left = 3;

                @Override
                public void resumeWriting() throws Exception {
                    assertThat(++depth[0]).isEqualTo(1);
                    super.resumeWriting();
                    if (left-- > 0) transport().write(new byte[MUCH]);
                    else transport().close();
                    depth[0]--;
                }
            };
            ends.client().setReceiveBuffer(100_000);        // it does not grow as it is read
            Transport transport = transport(ends.server(), protocol);

            transport.write(new byte[MUCH]);

            assertThat(new RawPeer(rig.loop, ends.client()).receiveAll()).hasSize(4 * MUCH);
            ends.client().close();
            awaitTrace(rig, protocol, "made", "pause", "resume", "pause", "resume", "pause",
                    "resume", "pause", "resume", "lost");
        });
    }

    @EachNetwork
    void pauseWritingThatAborts_endsTheConnectionOnce(Rig.Network network) {
        Rig.survive(network, rig -> {
            Rig.Ends ends = rig.connect();
            TracingProtocol protocol = new TracingProtocol() {
                @Override
                public void pauseWriting() throws Exception {
                    super.pauseWriting();
                    transport().abort();
                    transport().write(new byte[10]);
                }
            };

            transport(ends.server(), protocol).write(new byte[MUCH]);

            awaitTrace(rig, protocol, "made", "pause", "lost");
            assertThat(protocol.transport().getWriteBufferSize()).isZero();
            ends.client().close();
        });
    }
}

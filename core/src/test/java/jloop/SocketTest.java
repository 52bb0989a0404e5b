package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.timeout;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.Test;

class SocketTest {

    private static final Duration LATE = Duration.ofMillis(200);
    private static final int TRIES = 6;
    private static final int MUCH = 6_000_000;      // more than the kernel takes at once

    private static InetSocketAddress address(Socket listener) {
        return (InetSocketAddress) Objects.requireNonNull(listener.localAddress());
    }

    // ---- To receive and to send

    @EachPoller
    void sockRecv_returnsWhatCameAndNothingAtTheEnd(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                rig.loop.sockSendall(ends.client(), bytes("..hello.."), 2, 5);

                assertThat(text(rig.loop.sockRecv(ends.server(), 3))).isEqualTo("hel");
                assertThat(text(rig.loop.sockRecv(ends.server(), 100))).isEqualTo("lo");
                assertThat(rig.loop.sockRecv(ends.server(), 0)).isEmpty();
                ends.client().shutdownOutput();
                assertThat(rig.loop.sockRecv(ends.server(), 100)).isEmpty();
                assertThat(rig.loop.sockRecv(ends.server(), 100)).isEmpty();
            }
        });
    }

    @EachPoller
    void sockRecvInto_fillsThePartThatItIsGiven(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] into = bytes(".......");
                rig.loop.sockSendall(ends.client(), bytes("abc"));

                assertThat(rig.loop.sockRecvInto(ends.server(), into, 2, 5)).isEqualTo(3);
                assertThat(text(into)).isEqualTo("..abc..");
                assertThat(rig.loop.sockRecvInto(ends.server(), into, 2, 0)).isZero();
                ends.client().close();
                assertThat(rig.loop.sockRecvInto(ends.server(), into, 0, 7)).isZero();
            }
        });
    }

    @EachPoller
    void sockRecv_outOfRange_isRejected(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                assertThatThrownBy(() -> rig.loop.sockRecv(ends.client(), -1))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(
                        () -> rig.loop.sockRecvInto(ends.client(), new byte[4], 2, 3))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> rig.loop.sockSendall(ends.client(), new byte[4], 2, 3))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
        });
    }

    @EachPoller
    void sockSendall_ofMuch_arrivesWhole(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] much = Rig.pattern(MUCH);
                Task<Void> sending = createTask(() -> {
                    rig.loop.sockSendall(ends.client(), much);
                    ends.client().shutdownOutput();
                });

                assertThat(new RawPeer(rig.loop, ends.server()).receiveAll()).isEqualTo(much);
                sending.await();
            }
        });
    }

    @EachPoller
    void sockRecv_whileTheSameSocketSends_works(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] much = Rig.pattern(MUCH);
                List<Task<?>> tasks = new ArrayList<>();
                for (Socket end : List.of(ends.client(), ends.server())) {
                    tasks.add(createTask(() -> {
                        rig.loop.sockSendall(end, much);
                        end.shutdownOutput();
                    }));
                    tasks.add(createTask(() -> assertThat(new RawPeer(rig.loop, end).receiveAll())
                            .isEqualTo(much)));
                }

                for (Task<?> task : tasks) task.await();
            }
        });
    }

    // ---- Without waiting

    @EachPoller
    void receiveNow_returnsWhatIsThereNothingYetOrTheEnd(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] into = bytes(".......");
                assertThat(ends.server().receiveNow(10)).isNull();
                assertThat(ends.server().receiveNow(into, 0, 7)).isEqualTo(Socket.NOTHING_YET);

                rig.loop.sockSendall(ends.client(), bytes("abcdef"));
                awaitReadable(rig, ends.server());

                assertThat(text(Objects.requireNonNull(ends.server().receiveNow(2))))
                        .isEqualTo("ab");
                assertThat(ends.server().receiveNow(into, 2, 2)).isEqualTo(2);
                assertThat(text(into)).isEqualTo("..cd...");
                assertThat(ends.server().receiveNow(10)).isEqualTo(bytes("ef"));
                ends.client().close();
                rig.await("the end", () -> isAtEnd(ends.server()));
                assertThat(ends.server().receiveNow(into, 0, 1)).isZero();
                assertThatThrownBy(() -> ends.server().receiveNow(0))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    private static void awaitReadable(Rig rig, Socket socket) {
        Future<String> readable = rig.loop.createFuture();
        rig.loop.addReader(socket, () -> {
            if (!readable.done()) readable.setResult("readable");
        });
        readable.await();
        rig.loop.removeReader(socket);
    }

    private static boolean isAtEnd(Socket socket) {
        try {
            byte[] received = socket.receiveNow(1);
            return received != null && received.length == 0;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @EachPoller
    void now_byBuffersOfEachKind_movesTheirPositions(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                ByteBuffer direct = ByteBuffer.allocateDirect(10).put(bytes(".hello...."));
                for (ByteBuffer sent : List.of(ByteBuffer.wrap(bytes(".hello.")), direct,
                        ByteBuffer.wrap(bytes(".hello.")).asReadOnlyBuffer())) {
                    for (ByteBuffer got : List.of(ByteBuffer.allocate(8),
                            ByteBuffer.allocate(20).position(5).slice(),
                            ByteBuffer.allocateDirect(8))) {
                        assertThat(ends.client().sendNow(sent.limit(6).position(1))).isEqualTo(5);
                        assertThat(sent.position()).isEqualTo(6);
                        got.position(2);
                        rig.await("the bytes", () -> receiveTo(ends.server(), got));
                        assertThat(got.position()).isEqualTo(7);
                        byte[] received = new byte[5];
                        got.get(2, received);
                        assertThat(text(received)).isEqualTo("hello");
                        assertThat(ends.server().receiveNow(got)).isEqualTo(Socket.NOTHING_YET);
                        assertThat(ends.client().sendNow(sent)).isZero();
                    }
                }
                assertThatThrownBy(() -> ends.server()
                        .receiveNow(ByteBuffer.allocate(1).asReadOnlyBuffer()))
                        .isInstanceOf(java.nio.ReadOnlyBufferException.class);
            }
        });
    }

    private static boolean receiveTo(Socket socket, ByteBuffer buffer) {
        try {
            return socket.receiveNow(buffer) == 5;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @EachPoller
    void receiveNow_whileATaskReceives_isRejected(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Task<byte[]> receiving = createTask(() -> rig.loop.sockRecv(ends.server(), 10));
                rig.turns(2);

                assertThatThrownBy(() -> ends.server().receiveNow(10))
                        .isInstanceOf(IllegalStateException.class);

                rig.loop.sockSendall(ends.client(), bytes("x"));
                assertThat(text(receiving.await())).isEqualTo("x");
            }
        });
    }

    @EachPoller
    void detach_leavesAViewThatMovesNothing(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Socket view = ends.client();
                Socket own = view.detach("a test");

                List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> refused = List.of(
                        () -> view.sendNow(bytes("x"), 0, 1), () -> view.receiveNow(1),
                        () -> rig.loop.sockRecv(view, 1),
                        () -> rig.loop.sockSendall(view, bytes("x")),
                        () -> rig.loop.addReader(view, () -> { }),
                        () -> rig.loop.removeReader(view),
                        () -> rig.loop.addWriter(view, () -> { }), () -> view.detach("another"),
                        () -> view.bind(Rig.loopback(0)));
                for (var call : refused) {
                    assertThatThrownBy(call).isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("used by a test");
                }
                view.close();
                view.setNoDelay(true);
                assertThat(view.localAddress()).isEqualTo(own.localAddress());
                rig.loop.sockSendall(own, bytes("still open"));
                assertThat(text(rig.loop.sockRecv(ends.server(), 20))).isEqualTo("still open");
                own.close();
                assertThat(view.isOpen()).isFalse();
            }
        });
    }

    @EachPoller
    void detach_whileItIsWaitedFor_isRejected(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Task<byte[]> receiving = createTask(() -> rig.loop.sockRecv(ends.server(), 10));
                rig.turns(2);
                assertThatThrownBy(() -> ends.server().detach("a test"))
                        .isInstanceOf(IllegalStateException.class);
                rig.loop.sockSendall(ends.client(), bytes("x"));
                receiving.await();

                rig.loop.addReader(ends.server(), () -> { });
                assertThatThrownBy(() -> ends.server().detach("a test"))
                        .isInstanceOf(IllegalStateException.class);
                rig.loop.removeReader(ends.server());
                ends.server().detach("a test").close();
            }
        });
    }

    // ---- To connect and to accept

    @EachNetwork
    void sockConnect_refused_namesTheAddress(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Socket bound = Socket.open(rig.loop, StandardProtocolFamily.INET);
                    Socket socket = Socket.open(rig.loop, StandardProtocolFamily.INET)) {
                bound.bind(Rig.loopback(0));        // so nobody else listens there
                InetSocketAddress nobody = address(bound);
                assertThatThrownBy(() -> rig.loop.sockConnect(socket, nobody))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("127.0.0.1:" + nobody.getPort());
            }
        });
    }

    @EachPoller
    void sockAccept_ofManyWaiting_returnsEachOnce(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            List<Socket> all = new ArrayList<>();
            List<Object> clients = new ArrayList<>();
            List<Object> accepted = new ArrayList<>();
            try (Socket listener = rig.listener()) {
                for (int i = 0; i < 100; i++) {
                    Socket client = rig.connectTo(listener);
                    all.add(client);
                    clients.add(client.localAddress());
                }
                for (int i = 0; i < 100; i++) {
                    Socket server = rig.loop.sockAccept(listener);
                    all.add(server);
                    accepted.add(server.remoteAddress());
                }
            }
            all.forEach(Socket::close);

            assertThat(accepted).containsExactlyInAnyOrderElementsOf(clients);
        });
    }

    // ---- One task in each direction

    @EachNetwork
    void sockRecv_secondTask_failsAtOnceAndTheFirstGetsItsBytes(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Task<byte[]> first = createTask(() -> rig.loop.sockRecv(ends.server(), 10));
                rig.turns(2);

                assertThatThrownBy(() -> rig.loop.sockRecv(ends.server(), 10))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("one at a time");
                assertThatThrownBy(
                        () -> rig.loop.sockRecvInto(ends.server(), new byte[1], 0, 1))
                        .isInstanceOf(IllegalStateException.class);
                rig.loop.sockSendall(ends.client(), bytes("mine"));
                rig.turns(1);

                assertThat(text(first.await())).isEqualTo("mine");
            }
        });
    }

    @EachNetwork
    void sockSendall_secondTask_failsAtOnceAndMixesNoBytesIn(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] much = Rig.pattern(MUCH);
                Task<Void> first = createTask(() -> {
                    rig.loop.sockSendall(ends.client(), much);
                    ends.client().shutdownOutput();
                });
                rig.turns(2);

                assertThatThrownBy(() -> rig.loop.sockSendall(ends.client(), bytes("x")))
                        .isInstanceOf(IllegalStateException.class);

                assertThat(new RawPeer(rig.loop, ends.server()).receiveAll()).isEqualTo(much);
                first.await();
            }
        });
    }

    @EachNetwork
    void sockSendall_secondTask_failsInEachTurnOfTheFirst(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] much = Rig.pattern(MUCH);
                Task<Void> first = createTask(() -> rig.loop.sockSendall(ends.client(), much));
                Task<byte[]> received = createTask(
                        () -> new RawPeer(rig.loop, ends.server()).receive(MUCH));
                for (rig.turns(1); !first.done(); rig.turns(1)) {
                    assertThatThrownBy(() -> rig.loop.sockSendall(ends.client(), bytes("x")))
                            .isInstanceOf(IllegalStateException.class);
                }

                assertThat(received.await()).isEqualTo(much);
            }
        });
    }

    @EachPoller
    void sockAccept_secondTask_failsAtOnce(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket listener = rig.listener()) {
                Task<Socket> first = createTask(() -> rig.loop.sockAccept(listener));
                rig.turns(2);
                assertThatThrownBy(() -> rig.loop.sockAccept(listener))
                        .isInstanceOf(IllegalStateException.class);

                rig.connectTo(listener).close();

                first.await().close();
            }
        });
    }

    // ---- close wakes who waits

    @EachNetwork
    void close_whileTasksWait_failsThemNow(Rig.Network network) {
        Rig.run(network, rig -> {
            Socket listener = rig.listener();
            try (Rig.Ends ends = rig.connect()) {
                List<Task<?>> waiting = List.of(
                        createTask(() -> rig.loop.sockRecv(ends.client(), 1)),
                        createTask(() -> rig.loop.sockSendall(ends.client(), new byte[MUCH])),
                        createTask(() -> rig.loop.sockAccept(listener)));
                rig.turns(3);

                ends.client().close();
                ends.client().close();
                listener.close();

                for (Task<?> task : waiting) {
                    assertThatThrownBy(task::await).isInstanceOf(SocketException.class)
                            .hasMessageContaining("EBADF");
                }
                assertThat(ends.client().isOpen()).isFalse();
                assertThat(ends.client().fileno()).isEqualTo(-1);
                assertThat(ends.client()).hasToString("<Socket closed>");
            }
        });
    }

    @EachPoller
    void use_afterClose_fails(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            Rig.Ends ends = rig.connect();
            ends.close();

            assertThatThrownBy(() -> rig.loop.sockRecv(ends.client(), 1))
                    .isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> rig.loop.sockSendall(ends.client(), bytes("x")))
                    .isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> ends.client().setNoDelay(true))
                    .isInstanceOf(SocketException.class);
            assertThat(rig.loop.removeReader(ends.client())).isFalse();
        });
    }

    @EachNetwork
    void close_thenANewSocketOfTheSameNumber_getsNothingOfTheOld(Rig.Network network) {
        Rig.run(network, rig -> {
            for (int i = 0; i < 20; i++) {
                Rig.Ends old = rig.connect();
                Task<byte[]> lost = createTask(() -> rig.loop.sockRecv(old.server(), 10));
                rig.turns(2);
                rig.loop.sockSendall(old.client(), bytes("old"));
                old.close();
                try (Rig.Ends fresh = rig.connect()) {
                    Task<byte[]> read = createTask(
                            () -> rig.loop.sockRecv(fresh.server(), 10));
                    rig.turns(2);
                    assertThat(read.done()).isFalse();
                    rig.loop.sockSendall(fresh.client(), bytes("new"));
                    assertThat(text(read.await())).isEqualTo("new");
                }
                assertThatThrownBy(lost::await).isInstanceOf(SocketException.class);
            }
        });
    }

    // ---- Cancellation against completion

    @EachNetwork
    void sockRecv_cancelledAtAnyMoment_losesNoByte(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                StringBuilder received = new StringBuilder();
                StringBuilder sent = new StringBuilder();
                for (int i = 0; i < 200; i++) {
                    Task<Void> receiving = createTask(() -> {
                        received.append(text(rig.loop.sockRecv(ends.server(), 3)));
                    });
                    rig.turns(i % 3);
                    String part = i + ",";
                    rig.loop.sockSendall(ends.client(), bytes(part));
                    sent.append(part);
                    rig.turns(i % 5);
                    receiving.cancel();
                    Throwable _ = ended(receiving);
                }
                ends.client().shutdownOutput();
                received.append(text(new RawPeer(rig.loop, ends.server()).receiveAll()));

                assertThat(received.toString()).isEqualTo(sent.toString());
            }
        });
    }

    @EachNetwork
    void sockRecv_cancelledInTheTurnOfItsBytes_returnsThemAndIsCancelledNext(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                List<String> trace = new ArrayList<>();
                Task<Void> receiving = createTask(() -> {
                    trace.add(text(rig.loop.sockRecv(ends.server(), 10)));
                    Asyncio.sleep(Duration.ZERO);
                    trace.add("not cancelled");
                });
                rig.turns(2);
                // Runs before the task does, in the turn in which its bytes come.
                rig.loop.sockSendall(ends.client(), bytes("data"));
                rig.await("the end of the receive", () -> {
                    if (receiving.toString().contains("wait_for=")) return false;
                    receiving.cancel();
                    return true;
                });
                Throwable end = ended(receiving);

                assertThat(end).isInstanceOf(CancelledError.class);
                assertThat(trace).isIn(List.of("data"), List.of());
                if (trace.isEmpty())
                    assertThat(text(rig.loop.sockRecv(ends.server(), 10))).isEqualTo("data");
            }
        });
    }

    @EachNetwork
    void sockAccept_cancelledAtAnyMoment_losesNoConnection(Rig.Network network) {
        Rig.run(network, rig -> {
            List<Socket> clients = new ArrayList<>();
            List<Socket> accepted = new ArrayList<>();
            try (Socket listener = rig.listener()) {
                for (int i = 0; i < 100; i++) {
                    Task<Void> accepting = createTask(() -> {
                        accepted.add(rig.loop.sockAccept(listener));
                    });
                    rig.turns(i % 3);
                    clients.add(rig.connectTo(listener));
                    rig.turns(i % 4);
                    accepting.cancel();
                    Throwable _ = ended(accepting);
                }
                while (accepted.size() < clients.size()) {
                    accepted.add(rig.loop.sockAccept(listener));
                }
            }
            accepted.forEach(Socket::close);
            clients.forEach(Socket::close);

            assertThat(accepted).hasSize(100);
        });
    }

    @EachPoller
    void sockConnect_cancelled_closingLeavesNothing(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket listener = Socket.open(rig.loop, StandardProtocolFamily.INET)) {
                listener.bind(Rig.loopback(0));
                listener.listen(1);
                List<Socket> sockets = new ArrayList<>();
                Task<Void> stuck = null;
                // The queue of the listener is full after a few: the next connect hangs.
                while (stuck == null || stuck.done()) {
                    Socket socket = Socket.open(rig.loop, StandardProtocolFamily.INET);
                    sockets.add(socket);
                    stuck = createTask(() -> rig.loop.sockConnect(socket, address(listener)));
                    Asyncio.wait(List.of(stuck), o -> o.withTimeout(LATE));
                }

                stuck.cancel();

                assertThat(ended(stuck)).isInstanceOf(CancelledError.class);
                sockets.forEach(Socket::close);
            }
        });
    }

    @EachPoller
    void sockSendall_cancelled_hasSentABeginningAndTellsHowMuch(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            for (int turns : new int[] {0, 1, 2, 3, 30}) {
                try (Rig.Ends ends = rig.connect()) {
                    byte[] much = Rig.pattern(MUCH);
                    RawPeer peer = new RawPeer(rig.loop, ends.server());
                    Task<Void> sending = createTask(
                            () -> rig.loop.sockSendall(ends.client(), much, 7, MUCH - 7));
                    byte[] first = turns == 30 ? peer.receive(100_000) : new byte[0];
                    rig.turns(turns);
                    sending.cancel();
                    var error = (CancelledError) ended(sending);
                    ends.client().shutdownOutput();

                    int received = first.length + peer.receiveAll().length;

                    assertThat(received).isLessThan(MUCH - 7);
                    if (turns > 1) assertThat(error.bytesSent()).isPresent();
                    assertThat(error.bytesSent().orElse(0)).isEqualTo(received)
                            .isEqualTo(ends.client().sentBytes());
                }
            }
        });
    }

    /// Whoever awaits it, and however often.
    @Test
    void sockSendall_cancelled_tellsAllWhoAwaitItHowMuch() {
        Rig.run(rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Task<Void> sending = createTask(
                        () -> rig.loop.sockSendall(ends.client(), new byte[MUCH]));
                Task<Void> outer = createTask(() -> timeout(Duration.ofMillis(1), () -> {
                    sending.await();
                }));

                assertThatThrownBy(outer::await).isInstanceOf(TimeoutException.class)
                        .cause().isInstanceOfSatisfying(CancelledError.class,
                                e -> assertThat(e.bytesSent().orElse(0)).isPositive()
                                        .isEqualTo(ends.client().sentBytes()));
                assertThat(new CancelledError("no reason").bytesSent()).isEmpty();
            }
        });
    }

    @Test
    void sockSendall_withoutBuffers_isTriedAgain() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                RawPeer peer = new RawPeer(rig.loop, ends.server());
                for (int errno : new int[] {Errno.ENOBUFS, Errno.ENOMEM}) {
                    calls.sentMax = 4;
                    calls.fail("send", 3, errno);
                    rig.loop.sockSendall(ends.client(), bytes("all of this"));
                    assertThat(calls.hasFailed()).isTrue();
                    assertThat(text(peer.receive(11))).isEqualTo("all of this");
                    calls.sentMax = Integer.MAX_VALUE;
                    calls.fail("sendfile", 1, errno);
                    Path file = Path.of("pom.xml");
                    assertThat(rig.loop.sockSendfile(ends.client(), file, o -> o.withCount(9L)))
                            .isEqualTo(9);
                    assertThat(calls.count(Call.SENDFILE)).as("not copied").isEven();
                    peer.receive(9);
                }
            }
        });
    }

    @Test
    void sockSendall_cancelledWithoutBuffers_tellsHowMuch() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                calls.sentMax = 4;
                calls.fail(Call.SEND, 3, Integer.MAX_VALUE, Errno.ENOBUFS);
                Task<Void> sending = createTask(
                        () -> rig.loop.sockSendall(ends.client(), bytes("all of this")));
                rig.turns(5);
                sending.cancel();

                assertThat(((CancelledError) ended(sending)).bytesSent()).hasValue(8);
            }
        });
    }

    @Test
    void sockSendall_thatFails_leavesTheCountOfWhatWasSent() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                calls.sentMax = 1000;
                calls.fail("send", 4, Errno.ECONNRESET);

                assertThatThrownBy(() -> rig.loop.sockSendall(ends.client(), new byte[9000]))
                        .isInstanceOf(ConnectionResetException.class);

                assertThat(ends.client().sentBytes()).isEqualTo(3000);
                ends.client().close();
                assertThat(ends.client().sentBytes()).isEqualTo(3000);
            }
        });
    }

    private static Throwable ended(Task<?> task) {
        try {
            task.await();
            return new AssertionError("ended well");
        } catch (CancelledError | RuntimeException e) {
            return e;
        }
    }

    // ---- Readers and writers

    @EachPoller
    void addReader_isCalledInEachTurnWhileThereAreBytes(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                List<String> trace = new ArrayList<>();
                rig.loop.addReader(ends.server(), () -> trace.add("readable"));
                rig.turns(5);
                assertThat(trace).isEmpty();

                rig.loop.sockSendall(ends.client(), bytes("x"));
                rig.await("several calls", () -> trace.size() > 3);
                assertThat(rig.loop.removeReader(ends.server())).isTrue();
                int calls = trace.size();
                rig.turns(5);

                assertThat(trace).hasSize(calls);
                assertThat(rig.loop.removeReader(ends.server())).isFalse();
                assertThat(text(rig.loop.sockRecv(ends.server(), 9))).isEqualTo("x");
            }
        });
    }

    @EachPoller
    void addReader_again_replacesTheCallback(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                List<String> trace = new ArrayList<>();
                Runnable replacement = () -> {      // linked before there is anything to read
                    trace.add("new");
                    rig.loop.removeReader(ends.server());
                };
                rig.loop.addReader(ends.server(), () -> trace.add("old"));
                rig.loop.sockSendall(ends.client(), bytes("x"));
                rig.loop.addReader(ends.server(), replacement);

                rig.await("a call", () -> !trace.isEmpty());
                rig.turns(3);

                assertThat(trace).containsExactly("new");
            }
        });
    }

    @EachPoller
    void addWriter_isCalledWhileBytesFit_andBesideAReader(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                List<String> trace = new ArrayList<>();
                rig.loop.addReader(ends.client(), () -> trace.add("readable"));
                rig.loop.addWriter(ends.client(), () -> trace.add("writable"));

                rig.await("several calls", () -> trace.size() > 3);
                assertThat(rig.loop.removeWriter(ends.client())).isTrue();
                assertThat(rig.loop.removeWriter(ends.client())).isFalse();
                assertThat(trace).containsOnly("writable");
                trace.clear();
                rig.loop.sockSendall(ends.server(), bytes("x"));
                rig.await("the reader, which has stayed", () -> !trace.isEmpty());

                assertThat(trace).containsOnly("readable");
            }
        });
    }

    @EachPoller
    void addReader_thatThrows_isReportedAndStays(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                int[] calls = new int[1];
                rig.loop.addReader(ends.server(), () -> {
                    if (++calls[0] == 2) rig.loop.removeReader(ends.server());
                    throw new IllegalStateException("call " + calls[0]);
                });
                rig.loop.sockSendall(ends.client(), bytes("x"));
                rig.await("two calls", () -> calls[0] == 2);
                rig.turns(2);

                assertThat(rig.takeReports()).extracting(
                        report -> Objects.requireNonNull(report.exception()).getMessage())
                        .containsExactly("call 1", "call 2");
            }
        });
    }

    @EachPoller
    void addReader_closedInTheCallback_isNotCalledAgain(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                int[] calls = new int[1];
                rig.loop.addReader(ends.server(), () -> {
                    calls[0]++;
                    ends.server().close();
                });
                rig.loop.sockSendall(ends.client(), bytes("x"));
                rig.await("the call", () -> calls[0] > 0);
                rig.turns(5);

                assertThat(calls[0]).isEqualTo(1);
            }
        });
    }

    @EachPoller
    void addReader_whileATaskReceives_isRejectedAndHarmsNobody(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Task<byte[]> receiving = createTask(
                        () -> rig.loop.sockRecv(ends.server(), 10));
                rig.turns(2);

                assertThatThrownBy(() -> rig.loop.addReader(ends.server(), () -> { }))
                        .isInstanceOf(IllegalStateException.class);

                assertThat(rig.loop.removeReader(ends.server())).isFalse();
                rig.loop.sockSendall(ends.client(), bytes("x"));
                assertThat(text(receiving.await())).isEqualTo("x");
            }
        });
    }

    @EachPoller
    void addReader_whenThePeerResets_isCalled(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                boolean[] called = new boolean[1];
                rig.loop.addReader(ends.server(), () -> {
                    called[0] = true;
                    rig.loop.removeReader(ends.server());
                });
                ends.client().setLinger(0);
                ends.client().close();

                rig.await("the call", () -> called[0]);

                assertThatThrownBy(() -> rig.loop.sockRecv(ends.server(), 1))
                        .isInstanceOf(ConnectionResetException.class);
            }
        });
    }

    // ---- Misuse

    @EachNetwork
    void socketCall_withASocketOfAnotherLoop_isRejected(Rig.Network network) {
        Rig.run(network, rig -> {
            try (EventLoop other = new EventLoop();
                    Socket foreign = Socket.open(other, StandardProtocolFamily.INET)) {
                assertThatThrownBy(() -> rig.loop.sockRecv(foreign, 1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("belongs to another loop");
                assertThatThrownBy(() -> rig.loop.addReader(foreign, () -> { }))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @EachPoller
    void socketCall_onAnotherThread_isRejected(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                Asyncio.toThread(() -> {
                    assertThatThrownBy(() -> rig.loop.sockRecv(ends.client(), 1))
                            .isInstanceOf(WrongThreadException.class);
                    assertThatThrownBy(ends.client()::close)
                            .isInstanceOf(WrongThreadException.class);
                });
            }
        });
    }

    @EachPoller
    void sockRecv_inACallback_isRejectedAndLeavesTheSocketUsable(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                rig.loop.callSoon(() -> assertThatCode(
                        () -> rig.loop.sockRecv(ends.server(), 1))
                        .isInstanceOf(IllegalStateException.class));
                rig.turns(3);
                rig.loop.sockSendall(ends.client(), bytes("x"));

                assertThat(text(rig.loop.sockRecv(ends.server(), 1))).isEqualTo("x");
            }
        });
    }

    // ---- Fairness

    @EachPoller
    void aConnectionThatIsAlwaysReadable_letsTheOthersRun(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            AtomicBoolean over = new AtomicBoolean();
            try (Socket listener = rig.listener();
                    SocketChannel flood = SocketChannel.open(address(listener))) {
                Socket flooded = rig.loop.sockAccept(listener);
                Thread sender = Thread.ofPlatform().start(() -> {
                    ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
                    while (!over.get()) send(flood, bytes.clear());
                });
                Task<Void> receiving = createTask(() -> {
                    byte[] small = new byte[100];
                    while (rig.loop.sockRecvInto(flooded, small, 0, small.length) > 0) { }
                });
                List<Duration> late;
                try {
                    late = worstDelays(rig);
                } finally {
                    over.set(true);
                    receiving.cancel();
                    flooded.close();
                    sender.join();
                }

                assertThat(late.getLast()).as("%s", late).isLessThan(LATE);
            }
        });
    }

    @EachPoller
    void aConnectionThatIsAlwaysWritable_letsTheOthersRun(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Socket listener = rig.listener();
                    SocketChannel drain = SocketChannel.open(address(listener))) {
                Socket sending = rig.loop.sockAccept(listener);
                Thread receiver = Thread.ofPlatform().start(() -> receiveToTheEnd(drain));
                Task<Void> flood = createTask(() -> {
                    byte[] one = new byte[1];
                    while (true) rig.loop.sockSendall(sending, one);
                });
                List<Duration> late;
                try {
                    late = worstDelays(rig);
                } finally {
                    flood.cancel();
                    Throwable _ = ended(flood);
                    sending.close();
                    receiver.join();
                }

                assertThat(late.getLast()).as("%s", late).isLessThan(LATE);
            }
        });
    }

    @EachPoller
    void sockRecvInto_twoTasksWithOneArray_eachFindsItsOwnBytes(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends a = rig.connect(); Rig.Ends b = rig.connect()) {
                byte[] shared = new byte[8];
                Task<String> first = createTask(() -> received(rig, a.server(), shared));
                Task<String> second = createTask(() -> received(rig, b.server(), shared));
                Asyncio.sleep(Duration.ZERO);
                rig.loop.sockSendall(a.client(), bytes("one"));
                rig.loop.sockSendall(b.client(), bytes("second"));

                assertThat(first.await()).isEqualTo("one");
                assertThat(second.await()).isEqualTo("second");
            }
        });
    }

    private static String received(Rig rig, Socket socket, byte[] shared) throws IOException {
        return new String(shared, 0,
                rig.loop.sockRecvInto(socket, shared, 0, shared.length), StandardCharsets.US_ASCII);
    }

    @EachPoller
    void aTaskThatMovesBigBlocksAtOnce_letsTheOthersRunOftener(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                int blocks = 40;
                int[] turns = {0};
                Task<Void> other = createTask(() -> {
                    for (; ; turns[0]++) Asyncio.sleep(Duration.ZERO);
                });
                byte[] block = new byte[16 * 1024];
                for (int i = 0; i < blocks; i++) {
                    rig.loop.sockSendall(ends.client(), block);
                    for (int left = block.length; left > 0; )
                        left -= rig.loop.sockRecvInto(ends.server(), block, 0, left);
                }

                assertThat(turns[0]).isGreaterThanOrEqualTo(blocks * 32 / 64 - 2);
                other.cancel();
            }
        });
    }

    private static void send(SocketChannel to, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) to.write(bytes);
        } catch (IOException _) {               // the test is over
        }
    }

    private static void receiveToTheEnd(SocketChannel from) {
        ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
        try {
            while (from.read(bytes.clear()) >= 0) { }
        } catch (IOException _) {               // the test is over
        }
    }

    /// [#worstDelay(Rig)] in a few tries, of which the last one is to judge by: who holds
    /// up the others does so each time, a machine that others use now and then.
    private static List<Duration> worstDelays(Rig rig) throws IOException {
        List<Duration> tries = new ArrayList<>();
        do tries.add(worstDelay(rig));
        while (tries.getLast().compareTo(LATE) >= 0 && tries.size() < TRIES);
        return tries;
    }

    /// How late 20 echoes of a quiet connection, one each 10 ms, were at worst.
    private static Duration worstDelay(Rig rig) throws IOException {
        long worst = 0;
        try (Rig.Ends quiet = rig.connect()) {
            for (int i = 0; i < 20; i++) {
                Rig.Stopwatch watch = new Rig.Stopwatch();
                Asyncio.sleep(Duration.ofMillis(10));
                rig.loop.sockSendall(quiet.client(), bytes("?"));
                assertThat(rig.loop.sockRecv(quiet.server(), 1)).hasSize(1);
                worst = Math.max(worst, watch.nanos() - 10_000_000);
            }
        }
        return Duration.ofNanos(worst);
    }
}

package jloop.io;

import static jloop.Asyncio.connectAcceptedSocket;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static jloop.io.TracingProtocol.awaitTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import jloop.ContextVar;
import jloop.EachNetwork;
import jloop.EventLoop;
import jloop.KeyboardInterrupt;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Socket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TransportTest {

    private static final int MUCH = 6_000_000;      // more than the kernel takes at once

    /// A connection as a transport on our side, as a plain socket on the side of the peer.
    private record Line<P extends BaseProtocol>(Transport transport, P protocol, RawPeer peer)
            implements AutoCloseable {

        static <P extends BaseProtocol> Line<P> on(Rig rig, Supplier<P> factory)
                throws IOException {
            Rig.Ends ends = rig.connect();
            Connection<P> made = connectAcceptedSocket(factory, ends.server());
            return new Line<>(made.transport(), made.protocol(),
                    new RawPeer(rig.loop, ends.client()));
        }

        static Line<TracingProtocol> on(Rig rig) throws IOException {
            return on(rig, TracingProtocol::new);
        }

        interface Body {
            void run(Rig rig, Line<TracingProtocol> line) throws Exception;
        }

        static void run(Rig.Network network, Body body) {
            Rig.run(network, rig -> {
                try (var line = on(rig)) {
                    body.run(rig, line);
                }
            });
        }

        /// Writes until the kernel takes no more.
        int fill() {
            int written = 0;
            for (; transport.getWriteBufferSize() == 0; written += 10_000) {
                transport.write(new byte[10_000]);
            }
            return written;
        }

        @Override
        public void close() {
            transport.abort();
            peer.close();
        }
    }

    /// Does something in the method whose name in the trace is `where`.
    private static final class At extends TracingProtocol {

        interface Deed {
            void on(Transport transport) throws Exception;
        }

        private final String where;
        private final Deed deed;

        At(String where, Deed deed) {
            this.where = where;
            this.deed = deed;
        }

        static At throwing(String where, Throwable what) {
            return new At(where, _ -> {
                if (what instanceof Error error) throw error;
                throw (Exception) what;
            });
        }

        private void at(String here) throws Exception {
            if (here.equals(where)) deed.on(transport());
        }

        @Override
        public void connectionMade(Transport made) throws Exception {
            super.connectionMade(made);
            at("made");
        }

        @Override
        public void dataReceived(ByteBuffer data) throws Exception {
            super.dataReceived(data);
            at("data");
        }

        @Override
        public boolean eofReceived() throws Exception {
            at("eof");
            return super.eofReceived();
        }

        @Override
        public void connectionLost(@Nullable Throwable why) throws Exception {
            super.connectionLost(why);
            at("lost");
        }
    }

    // ---- Order

    @EachNetwork
    void protocol_isToldMadeThenDataThenEofThenLost(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            assertThat(line.protocol.trace).containsExactly("made");
            assertThat(line.protocol.transport).isSameAs(line.transport);

            line.peer.send("one");
            awaitTrace(rig, line.protocol, "made", "one");
            line.peer.send("two");
            awaitTrace(rig, line.protocol, "made", "one", "two");
            line.peer.socket().shutdownOutput();

            awaitTrace(rig, line.protocol, "made", "one", "two", "eof", "lost");
            assertThat(line.protocol.lostBy).isNull();
            assertThat(line.peer.receiveAll()).isEmpty();
        });
    }

    @EachNetwork
    void data_thereBeforeTheTransport_comesAfterConnectionMade(Rig.Network network) {
        Rig.run(network, rig -> {
            Rig.Ends ends = rig.connect();
            rig.loop.sockSendall(ends.client(), bytes("early"));
            rig.turns(3);

            var made = connectAcceptedSocket(TracingProtocol::new, ends.server());

            awaitTrace(rig, made.protocol(), "made", "early");
            ends.client().close();
            awaitTrace(rig, made.protocol(), "made", "early", "eof", "lost");
        });
    }

    @EachNetwork
    void connectionLost_whateverEndsIt_comesOnceAndLater(Rig.Network network) {
        Rig.run(network, rig -> {
            for (int way = 0; way < 6; way++) {
                try (var line = Line.on(rig)) {
                    Transport transport = line.transport;
                    switch (way) {
                        case 0 -> transport.close();
                        case 1 -> transport.abort();
                        case 2 -> {
                            transport.close();
                            transport.abort();
                        }
                        case 3 -> {
                            transport.abort();
                            transport.close();
                            transport.abort();
                        }
                        case 4 -> {
                            line.fill();
                            transport.close();
                            transport.abort();
                        }
                        default -> {
                            line.fill();
                            transport.abort();
                            transport.write(bytes("x"));
                        }
                    }
                    assertThat(transport.isClosing()).isTrue();
                    assertThat(transport.isReading()).isFalse();
                    assertThat(line.protocol.isLost()).as("told in a later turn").isFalse();

                    rig.await("the end", line.protocol::isLost);
                    rig.turns(5);

                    assertThat(line.protocol.trace.stream().filter("lost"::equals)).hasSize(1);
                    assertThat(line.protocol.lostBy).isNull();
                    assertThat(transport.getWriteBufferSize()).isZero();
                }
            }
        });
    }

    @EachNetwork
    void close_inEachMethod_isTheEndAllTheSame(Rig.Network network) {
        Rig.run(network, rig -> {
            for (String where : List.of("made", "data", "eof", "lost")) {
                try (var line = Line.on(rig, () -> new At(where, Transport::abort))) {
                    if (!where.equals("made")) line.peer.send("data");
                    rig.turns(3);
                    line.peer.close();

                    rig.await("the end", line.protocol::isLost);
                    rig.turns(3);

                    assertThat(line.protocol.trace.getLast()).isEqualTo("lost");
                    assertThat(line.protocol.trace.stream().filter("lost"::equals)).hasSize(1);
                }
            }
        });
    }

    @EachNetwork
    void callbacks_ofOneTransport_shareOneContext(Rig.Network network) {
        Rig.run(network, rig -> {
            ContextVar<String> var = new ContextVar<>("TransportTest", "none");
            List<String> seen = new ArrayList<>();
            var.set("creator");
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                private void note(String here) {
                    seen.add(here + " " + var.get());
                    var.set(here);
                }

                @Override
                public void connectionMade(Transport made) {
                    note("made");
                }

                @Override
                public void dataReceived(ByteBuffer data) {
                    note("data");
                }

                @Override
                public boolean eofReceived() {
                    note("eof");
                    return false;
                }

                @Override
                public void connectionLost(@Nullable Throwable why) {
                    note("lost");
                    trace.add("lost");
                }
            })) {
                line.peer.send("data");
                rig.await("the data", () -> seen.size() == 2);
                line.peer.close();
                rig.await("the end", line.protocol::isLost);

                assertThat(seen).containsExactly("made creator", "data made", "eof data",
                        "lost eof");
                assertThat(var.get()).isEqualTo("creator");
            }
        });
    }

    // ---- Receiving

    @EachNetwork
    void data_isNewEachTime(Rig.Network network) {
        Rig.run(network, rig -> {
            List<ByteBuffer> kept = new ArrayList<>();
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    kept.add(data);
                }
            })) {
                line.peer.send("first");
                rig.await("the first", () -> kept.size() == 1);
                line.peer.send("other");
                rig.await("the second", () -> kept.size() == 2);

                assertThat(TracingProtocol.textOf(kept.get(0))).isEqualTo("first");
                assertThat(TracingProtocol.textOf(kept.get(1))).isEqualTo("other");
            }
        });
    }

    @EachNetwork
    void muchData_comesWholeInPiecesOfAtMost64KiB(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] much = Rig.pattern(MUCH);
            var all = new ByteArrayOutputStream();
            List<Integer> sizes = new ArrayList<>();
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) {
                    sizes.add(data.remaining());
                    all.writeBytes(data.array());
                }
            })) {
                line.peer.send(much);
                rig.await("the bytes", () -> all.size() == MUCH);

                assertThat(all.toByteArray()).isEqualTo(much);
                assertThat(sizes).allMatch(size -> size <= 64 * 1024);
            }
        });
    }

    @EachNetwork
    void data_thatIsThereAlready_letsOthersRunInBetween(Rig.Network network) {
        Rig.run(network, rig -> {
            List<String> trace = new ArrayList<>();
            BufferedProtocol small = new BufferedProtocol() {
                private final ByteBuffer buffer = ByteBuffer.allocate(10);

                @Override
                public ByteBuffer getBuffer(int sizeHint) {
                    return buffer;
                }

                @Override
                public void bufferUpdated(int count) {
                    trace.add("data");
                    rig.loop.callSoon(() -> trace.add("other"));
                }
            };
            try (var line = Line.on(rig, () -> small)) {
                line.peer.send(new byte[50]);
                rig.await("all", () -> trace.size() == 10);

                assertThat(trace).containsExactly("data", "other", "data", "other", "data",
                        "other", "data", "other", "data", "other");
            }
        });
    }

    @EachNetwork
    void pauseReading_inConnectionMade_holds(Rig.Network network) {
        Rig.run(network, rig -> {
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) throws Exception {
                    super.connectionMade(made);
                    made.pauseReading();
                }
            })) {
                assertThat(line.transport.isReading()).isFalse();
                line.peer.send("held");
                rig.turns(10);
                assertThat(line.protocol.trace).containsExactly("made");

                line.transport.resumeReading();

                assertThat(line.transport.isReading()).isTrue();
                awaitTrace(rig, line.protocol, "made", "held");
            }
        });
    }

    @EachNetwork
    void pauseReading_whileAnEventIsOnItsWay_holdsItBack(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            for (int turns = 0; turns < 4; turns++) {
                line.transport.resumeReading();
                line.transport.resumeReading();
                rig.await("nothing", () -> true);
                int before = line.protocol.trace.size();
                line.peer.send("x");
                rig.turns(turns);
                line.transport.pauseReading();
                line.transport.pauseReading();
                int then = line.protocol.trace.size();

                rig.turns(5);
                assertThat(line.protocol.trace).hasSize(then);

                line.transport.resumeReading();
                rig.await("the byte", () -> line.protocol.trace.size() == before + 1);
            }
        });
    }

    @EachNetwork
    void pauseAndResume_onceClosing_doNothing(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.fill();
            line.transport.close();

            line.transport.pauseReading();
            line.transport.resumeReading();
            line.peer.send("ignored");
            rig.turns(5);

            assertThat(line.protocol.bytes).isZero();
        });
    }

    @EachNetwork
    void setProtocol_fromPlainToBufferedAndBack_switchesTheWayOfReceiving(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.peer.send("plain");
            awaitTrace(rig, line.protocol, "made", "plain");

            List<String> got = new ArrayList<>();
            ByteBuffer buffer = ByteBuffer.allocate(100);
            BufferedProtocol buffered = new BufferedProtocol() {
                @Override
                public ByteBuffer getBuffer(int sizeHint) {
                    got.add("hint " + sizeHint);
                    return buffer;
                }

                @Override
                public void bufferUpdated(int count) {
                    got.add(text(Arrays.copyOf(buffer.array(), count)));
                }
            };
            line.transport.setProtocol(buffered);
            assertThat(line.transport.getProtocol()).isSameAs(buffered);
            line.peer.send("buffered");
            rig.await("the data", () -> got.size() == 2);
            assertThat(got).containsExactly("hint -1", "buffered");

            line.transport.setProtocol(line.protocol);
            line.peer.send("again");
            awaitTrace(rig, line.protocol, "made", "plain", "again");
            assertThatThrownBy(() -> line.transport.setProtocol(new BaseProtocol() { }))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(line.transport.getProtocol()).isSameAs(line.protocol);
        });
    }

    // ---- BufferedProtocol

    /// Notes what it is told, and gives out the buffer that it is given.
    private static final class Buffering implements BufferedProtocol {

        final List<String> trace = new ArrayList<>();
        final ByteBuffer buffer;
        @Nullable Throwable lostBy;

        Buffering(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public ByteBuffer getBuffer(int sizeHint) {
            return buffer;
        }

        @Override
        public void bufferUpdated(int count) {
            byte[] received = new byte[count];
            buffer.get(buffer.position(), received);
            trace.add(text(received));
        }

        @Override
        public boolean eofReceived() {
            trace.add("eof");
            return false;
        }

        @Override
        public void connectionLost(@Nullable Throwable why) {
            lostBy = why;
            trace.add("lost");
        }
    }

    @EachNetwork
    void buffered_byBuffersOfEachKind_receivesInPlace(Rig.Network network) {
        Rig.run(network, rig -> {
            for (ByteBuffer buffer : List.of(ByteBuffer.allocate(20),
                    ByteBuffer.allocate(30).position(5).slice().position(3),
                    ByteBuffer.allocateDirect(20), ByteBuffer.allocateDirect(30).position(7))) {
                int position = buffer.position();
                try (var line = Line.on(rig, () -> new Buffering(buffer))) {
                    line.peer.send("hello");
                    rig.await("the data", () -> !line.protocol.trace.isEmpty());
                    line.peer.close();
                    rig.await("the end", () -> line.protocol.trace.contains("lost"));

                    assertThat(line.protocol.trace).containsExactly("hello", "eof", "lost");
                    assertThat(buffer.position()).isEqualTo(position);
                }
            }
        });
    }

    @EachNetwork
    void buffered_withoutABufferOfUse_endsTheConnection(Rig.Network network) {
        Rig.run(network, rig -> {
            for (ByteBuffer buffer : List.of(ByteBuffer.allocate(0),
                    ByteBuffer.allocate(10).asReadOnlyBuffer())) {
                try (var line = Line.on(rig, () -> new Buffering(buffer))) {
                    line.peer.send("x");
                    rig.await("the end", () -> !line.protocol.trace.isEmpty());

                    assertThat(line.protocol.trace).containsExactly("lost");
                    assertThat(line.protocol.lostBy).isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("getBuffer");
                    assertThat(rig.takeReport()).isSameAs(line.protocol.lostBy);
                }
            }
        });
    }

    // ---- The end of the peer's direction

    @EachNetwork
    void eofReceived_true_leavesOurDirectionOpen(Rig.Network network) {
        Rig.run(network, rig -> {
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                @Override
                public boolean eofReceived() throws Exception {
                    super.eofReceived();
                    return true;
                }
            })) {
                line.peer.socket().shutdownOutput();
                awaitTrace(rig, line.protocol, "made", "eof");
                line.transport.pauseReading();
                line.transport.resumeReading();
                rig.turns(5);
                assertThat(line.protocol.trace).as("told once").containsExactly("made", "eof");
                assertThat(line.transport.isClosing()).isFalse();

                line.transport.write(bytes("answer"));
                assertThat(text(line.peer.receive(6))).isEqualTo("answer");
                line.transport.close();

                awaitTrace(rig, line.protocol, "made", "eof", "lost");
                assertThat(line.peer.receiveAll()).isEmpty();
            }
        });
    }

    @EachNetwork
    void eof_withMuchKept_isSentWholeBeforeTheEnd(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] much = Rig.pattern(MUCH);
            try (var line = Line.on(rig)) {
                line.transport.write(much);
                line.peer.socket().shutdownOutput();
                rig.await("eof", () -> line.protocol.trace.contains("eof"));
                assertThat(line.protocol.isLost()).isFalse();

                assertThat(line.peer.receiveAll()).isEqualTo(much);
                rig.await("the end", line.protocol::isLost);
            }
        });
    }

    // ---- Sending

    @EachNetwork
    void write_whatFits_isSentAtOnce(Rig.Network network) {
        Line.run(network, (_, line) -> {
            ByteBuffer direct = ByteBuffer.allocateDirect(10).put(bytes("..direct..")).flip();
            ByteBuffer readOnly = ByteBuffer.wrap(bytes("..read..")).asReadOnlyBuffer();
            line.transport.write(bytes("hello"));
            line.transport.write(bytes("-- world --"), 3, 5);
            line.transport.write(new byte[0]);
            line.transport.write(direct.position(2).limit(8));
            line.transport.write(readOnly.position(2).limit(6));
            line.transport.writelines(List.of(ByteBuffer.wrap(bytes("one")),
                    ByteBuffer.allocate(0), ByteBuffer.wrap(bytes("two"))));

            assertThat(line.transport.getWriteBufferSize()).isZero();
            assertThat(direct.hasRemaining() || readOnly.hasRemaining()).isFalse();
            assertThat(text(line.peer.receive(26))).isEqualTo("helloworlddirectreadonetwo");
            assertThatThrownBy(() -> line.transport.write(new byte[3], 2, 2))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        });
    }

    @EachNetwork
    void write_moreThanFits_keepsACopyOfTheRest(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] much = Rig.pattern(MUCH);
            for (boolean isDirect : new boolean[] {false, true}) {
                try (var line = Line.on(rig)) {
                    ByteBuffer buffer = isDirect
                            ? ByteBuffer.allocateDirect(MUCH) : ByteBuffer.allocate(MUCH);
                    buffer.put(much).flip();
                    line.transport.write(buffer);
                    assertThat(line.transport.getWriteBufferSize()).isBetween(1, MUCH);
                    assertThat(buffer.hasRemaining()).isFalse();

                    buffer.clear().put(new byte[MUCH]);
                    line.transport.write(bytes("behind"));

                    assertThat(line.peer.receive(MUCH)).isEqualTo(much);
                    assertThat(text(line.peer.receive(6))).isEqualTo("behind");
                    rig.await("an empty buffer",
                            () -> line.transport.getWriteBufferSize() == 0);
                }
            }
        });
    }

    @EachNetwork
    void pauseAndResume_areStrictlyPairedAtTheLimits(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            Transport transport = line.transport;
            int written = line.fill();
            transport.setWriteBufferLimits(transport.getWriteBufferSize() + 10, 5);
            transport.write(new byte[10]);
            assertThat(line.protocol.trace).as("at the limit").containsExactly("made");
            transport.write(new byte[1]);
            assertThat(line.protocol.trace).as("above").containsExactly("made", "pause");
            transport.write(new byte[100_000]);
            assertThat(line.protocol.trace).as("once").containsExactly("made", "pause");

            line.peer.receive(written + 100_011);
            awaitTrace(rig, line.protocol, "made", "pause", "resume");

            written = line.fill();
            transport.setWriteBufferLimits(0, 0);
            assertThat(line.protocol.trace).containsExactly(
                    "made", "pause", "resume", "pause");
            line.peer.receive(written);
            awaitTrace(rig, line.protocol, "made", "pause", "resume", "pause", "resume");
        });
    }

    @EachNetwork
    void setWriteBufferLimits_byOneByBothByNone(Rig.Network network) {
        Line.run(network, (_, line) -> {
            Transport transport = line.transport;
            assertThat(transport.getWriteBufferLimits())
                    .isEqualTo(new WriteBufferLimits(16 * 1024, 64 * 1024));
            transport.setWriteBufferLimits(100, null);
            assertThat(transport.getWriteBufferLimits())
                    .isEqualTo(new WriteBufferLimits(25, 100));
            transport.setWriteBufferLimits(null, 100);
            assertThat(transport.getWriteBufferLimits())
                    .isEqualTo(new WriteBufferLimits(100, 400));
            transport.setWriteBufferLimits(null, null);
            assertThat(transport.getWriteBufferLimits()).isEqualTo(WriteBufferLimits.DEFAULT);
            transport.setWriteBufferLimits(0, 0);
            for (Integer[] wrong : new Integer[][] {{1, 2}, {10, -1}, {-1, null}}) {
                assertThatThrownBy(() -> transport.setWriteBufferLimits(wrong[0], wrong[1]))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThat(transport.getWriteBufferLimits())
                    .isEqualTo(new WriteBufferLimits(0, 0));
        });
    }

    @EachNetwork
    void pauseAndResumeWriting_thatThrow_areToldAndTheConnectionLives(Rig.Network network) {
        Rig.run(network, rig -> {
            List<Throwable> thrown = List.of(new IllegalStateException("pause"),
                    new IOException("resume"));
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                @Override
                public void pauseWriting() throws Exception {
                    super.pauseWriting();
                    throw (Exception) thrown.get(0);
                }

                @Override
                public void resumeWriting() throws Exception {
                    super.resumeWriting();
                    throw (Exception) thrown.get(1);
                }
            })) {
                line.transport.setWriteBufferLimits(0, null);
                int written = line.fill();
                assertThat(rig.takeReport()).isSameAs(thrown.get(0));
                line.peer.receive(written);
                assertThat(rig.takeReport()).isSameAs(thrown.get(1));

                line.transport.write(bytes("alive"));
                assertThat(text(line.peer.receive(5))).isEqualTo("alive");
                assertThat(line.transport.isClosing()).isFalse();
            }
        });
    }

    @EachNetwork
    void writeEof_endsOurDirectionBehindWhatIsKept(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] much = Rig.pattern(MUCH);
            try (var line = Line.on(rig)) {
                assertThat(line.transport.canWriteEof()).isTrue();
                line.transport.write(much);
                line.transport.writeEof();
                line.transport.writeEof();
                assertThatThrownBy(() -> line.transport.write(bytes("x")))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("writeEof");
                assertThatThrownBy(() -> line.transport.write(ByteBuffer.allocateDirect(1)))
                        .isInstanceOf(IllegalStateException.class);

                assertThat(line.peer.receiveAll()).isEqualTo(much);
                line.peer.send("still heard");
                awaitTrace(rig, line.protocol, "made", "pause", "resume", "still heard");
            }
        });
    }

    @EachNetwork
    void writeEof_withNothingKept_isAtOnceAndAfterCloseNothing(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.transport.writeEof();
            assertThat(line.peer.receiveAll()).isEmpty();
            line.peer.send("x");
            awaitTrace(rig, line.protocol, "made", "x");

            line.transport.close();
            line.transport.writeEof();
            awaitTrace(rig, line.protocol, "made", "x", "lost");
        });
    }

    @EachNetwork
    void close_withMuchKept_isSentWhole_andSoIsWhatResumeWritingAdds(Rig.Network network) {
        Rig.run(network, rig -> {
            byte[] much = Rig.pattern(MUCH);
            try (var line = Line.on(rig, () -> new TracingProtocol() {
                @Override
                public void resumeWriting() throws Exception {
                    super.resumeWriting();
                    transport().write(bytes("the last word"));
                }
            })) {
                line.transport.write(much);
                line.transport.close();
                line.transport.close();
                line.peer.send("not heard any more");

                assertThat(line.peer.receive(MUCH)).isEqualTo(much);
                assertThat(text(line.peer.receiveAll())).isEqualTo("the last word");
                rig.await("the end", line.protocol::isLost);
                assertThat(line.protocol.bytes).isZero();
            }
        });
    }

    @EachNetwork
    void write_afterTheLoss_isDroppedWithAWarningFromTheFifthOn(Rig.Network network) {
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                if (record.getMessage().contains("still writing"))
                    warnings.add(record.getMessage());
            }

            @Override
            public void flush() { }

            @Override
            public void close() { }
        };
        Logger logger = Logger.getLogger("jloop");
        logger.addHandler(handler);
        try {
            Rig.run(network, rig -> {
                try (var line = Line.on(rig)) {
                    line.transport.abort();
                    for (int i = 0; i < 4; i++) line.transport.write(bytes("x"));
                    assertThat(warnings).isEmpty();
                    line.transport.write(bytes(""));
                    line.transport.write(bytes("x"));
                    assertThat(warnings).hasSize(1);
                    line.transport.write(ByteBuffer.allocateDirect(1));
                    assertThat(warnings).hasSize(2);
                }
            });
        } finally {
            logger.removeHandler(handler);
        }
    }

    // ---- Failures

    @EachNetwork
    void reset_byThePeer_isToldToTheProtocolAlone(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.peer.reset();

            awaitTrace(rig, line.protocol, "made", "lost");
            assertThat(line.protocol.lostBy).isInstanceOf(IOException.class);
        });
    }

    @EachNetwork
    void write_toAPeerThatHasGone_endsTheConnection(Rig.Network network) {
        Rig.run(network, rig -> {
            for (boolean isDirect : new boolean[] {false, true}) {
                try (var line = Line.on(rig)) {
                    line.transport.pauseReading();
                    line.peer.reset();
                    ByteBuffer data = isDirect ? ByteBuffer.allocateDirect(1)
                            : ByteBuffer.allocate(1);
                    rig.await("a failure", () -> {
                        line.transport.write(data.duplicate());
                        return line.transport.isClosing();
                    });
                    assertThat(line.protocol.isLost()).isFalse();

                    rig.await("the end", line.protocol::isLost);
                    assertThat(line.protocol.lostBy).isInstanceOf(IOException.class);
                }
            }
        });
    }

    @EachNetwork
    void reset_whileMuchIsKept_endsTheConnection(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.transport.pauseReading();
            line.transport.write(new byte[MUCH]);
            line.peer.reset();

            rig.await("the end", line.protocol::isLost);
            assertThat(line.protocol.lostBy).isInstanceOf(IOException.class);
            assertThat(line.transport.getWriteBufferSize()).isZero();
        });
    }

    @EachNetwork
    void protocol_thatThrows_isToldAndTheConnectionEndsByIt(Rig.Network network) {
        Rig.run(network, rig -> {
            for (String where : List.of("made", "data", "eof", "lost")) {
                for (Throwable what : List.of(new IllegalStateException(where),
                        new AssertionError(where), new StackOverflowError(where))) {
                    try (var line = Line.on(rig, () -> At.throwing(where, what))) {
                        if (!where.equals("made")) line.peer.send("data");
                        if (where.equals("eof")) line.peer.socket().shutdownOutput();
                        if (where.equals("lost")) line.transport.close();

                        assertThat(rig.takeReport()).isSameAs(what);
                        rig.await("the end", line.protocol::isLost);
                        if (!where.equals("lost"))
                            assertThat(line.protocol.lostBy).isSameAs(what);
                    }
                }
            }
        });
    }

    @EachNetwork
    void protocol_thatThrowsAnIOException_endsTheConnectionInSilence(Rig.Network network) {
        Rig.run(network, rig -> {
            IOException thrown = new IOException("data");
            try (var line = Line.on(rig, () -> At.throwing("data", thrown))) {
                line.peer.send("x");

                rig.await("the end", line.protocol::isLost);
                assertThat(line.protocol.lostBy).isSameAs(thrown);
            }
        });
    }

    @EachNetwork
    void buffered_thatThrows_isToldAndTheConnectionEndsByIt(Rig.Network network) {
        Rig.run(network, rig -> {
            for (String where : List.of("get", "updated")) {
                var thrown = new IllegalStateException(where);
                List<Throwable> lost = new ArrayList<>();
                BufferedProtocol throwing = new BufferedProtocol() {
                    @Override
                    public ByteBuffer getBuffer(int sizeHint) {
                        if (where.equals("get")) throw thrown;
                        return ByteBuffer.allocate(10);
                    }

                    @Override
                    public void bufferUpdated(int count) {
                        throw thrown;
                    }

                    @Override
                    public void connectionLost(@Nullable Throwable why) {
                        lost.add(Objects.requireNonNull(why));
                    }
                };
                try (var line = Line.on(rig, () -> throwing)) {
                    line.peer.send("x");

                    assertThat(rig.takeReport()).isSameAs(thrown);
                    rig.await("the end", () -> !lost.isEmpty());
                    assertThat(lost).containsExactly(thrown);
                }
            }
        });
    }

    @Test
    void protocol_thatThrowsAKeyboardInterrupt_endsTheRun() {
        EventLoop loop = new EventLoop();
        try (loop) {
            assertThatThrownBy(() -> loop.runUntilComplete(() -> {
                Server server = jloop.Asyncio.createServer(
                        () -> At.throwing("data", new KeyboardInterrupt()), "127.0.0.1", 0);
                try (server; StreamPair pair = jloop.Asyncio.openConnection(
                        "127.0.0.1", server.port())) {
                    pair.writer().write(bytes("x"));
                    pair.reader().readAll();
                }
            })).isInstanceOf(KeyboardInterrupt.class);
            loop.setExceptionHandler((_, _) -> { });
        }
    }

    // ---- What is its own

    @EachNetwork
    void socketOfATransport_isRefusedToOthers(Rig.Network network) {
        Rig.run(network, rig -> {
            Rig.Ends ends = rig.connect();
            Socket socket = ends.server();
            var made = connectAcceptedSocket(TracingProtocol::new, socket);
            Object extra = made.transport().getExtraInfo("socket");
            assertThat(extra).isSameAs(socket);
            List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> refused = List.of(
                    () -> rig.loop.sockRecv(socket, 1),
                    () -> rig.loop.sockSendall(socket, bytes("x")),
                    () -> rig.loop.addReader(socket, () -> { }),
                    () -> rig.loop.removeReader(socket),
                    () -> rig.loop.addWriter(socket, () -> { }),
                    () -> rig.loop.removeWriter(socket),
                    () -> socket.receiveNow(1),
                    () -> connectAcceptedSocket(TracingProtocol::new, socket));
            for (var call : refused) {
                assertThatThrownBy(call).isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("transport");
            }

            rig.loop.sockSendall(ends.client(), bytes("unharmed"));
            awaitTrace(rig, made.protocol(), "made", "unharmed");
            ends.client().close();
            rig.await("the end", made.protocol()::isLost);
        });
    }

    @EachNetwork
    void getExtraInfo_tellsOfTheSocketAndOfNothingElse(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            Transport transport = line.transport;
            assertThat(transport.getExtraInfo("peername"))
                    .isEqualTo(line.peer.socket().localAddress());
            assertThat(transport.getExtraInfo("sockname"))
                    .isEqualTo(line.peer.socket().remoteAddress());
            assertThat(transport.getExtraInfo("cipher")).isNull();
            assertThat(transport.toString()).contains("open", "127.0.0.1");

            transport.close();
            rig.await("the end", line.protocol::isLost);
            rig.turns(2);
            assertThat(transport.getExtraInfo("peername")).isNotNull();
            assertThat(transport.getExtraInfo("sockname")).isNull();
            assertThat(transport.toString()).contains("closed");
        });
    }
}

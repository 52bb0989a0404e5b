package jloop.io;

import static jloop.Asyncio.connectReadPipe;
import static jloop.Asyncio.connectWritePipe;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openReadPipe;
import static jloop.Asyncio.openWritePipe;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import jloop.BrokenPipeException;
import jloop.CancelledError;
import jloop.EachNetwork;
import jloop.EventLoop;
import jloop.FailingCalls;
import jloop.PipeCheck;
import jloop.PipeEnd;
import jloop.PipePair;
import jloop.ResourceShortageException;
import jloop.Rig;
import jloop.Task;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The transports and streams of pipes, over those that a poller makes itself.
@ExtendWith(PipeCheck.class)
class PipesTest {

    private static final int MUCH = 1_000_000;      // more than a pipe holds

    private interface Body {
        void run(Rig rig, PipePair pipe) throws Exception;
    }

    private static void run(Rig.Network network, Body body) {
        Rig.run(network, rig -> {
            try (PipePair pipe = PipeEnd.pair(rig.loop)) {
                body.run(rig, pipe);
            }
        });
    }

    private static void awaitTrace(Rig rig, TracingProtocol protocol, String... expected) {
        rig.await(List.of(expected) + ", but there is " + protocol.trace,
                () -> protocol.trace.size() >= expected.length);
        assertThat(protocol.trace).containsExactly(expected);
    }

    // ---- Reading, for a protocol

    @EachNetwork
    void readPipe_tellsMadeThenDataThenEofThenLost_whateverEofReceivedAnswers(
            Rig.Network network) {
        run(network, (rig, pipe) -> {
            var protocol = connectReadPipe(() -> new TracingProtocol() {
                @Override
                public boolean eofReceived() throws Exception {
                    super.eofReceived();
                    assertThat(transport().isClosing()).isTrue();
                    return true;
                }
            }, pipe.reading()).protocol();
            assertThat(protocol.trace).containsExactly("made");

            StreamWriter writer = openWritePipe(pipe.writing());
            writer.write(bytes("hello"));
            awaitTrace(rig, protocol, "made", "hello");
            writer.close();

            awaitTrace(rig, protocol, "made", "hello", "eof", "lost");
            assertThat(protocol.lostBy).isNull();
        });
    }

    @EachNetwork
    void readPipe_closedInData_isToldOfNothingMore(Rig.Network network) {
        run(network, (rig, pipe) -> {
            var protocol = connectReadPipe(() -> new TracingProtocol() {
                @Override
                public void dataReceived(ByteBuffer data) throws Exception {
                    super.dataReceived(data);
                    transport().close();
                    transport().close();
                    transport().abort();
                }
            }, pipe.reading()).protocol();
            try (StreamWriter writer = openWritePipe(pipe.writing())) {
                writer.write(bytes("a"));
                awaitTrace(rig, protocol, "made", "a", "lost");
                rig.turns(3);
                assertThat(protocol.trace).hasSize(3);
                assertThat(protocol.lostBy).isNull();
            }
        });
    }

    @EachNetwork
    void readPipe_paused_receivesNothingUntilItIsResumed(Rig.Network network) {
        run(network, (rig, pipe) -> {
            var protocol = connectReadPipe(() -> new TracingProtocol() {
                @Override
                public void connectionMade(Transport made) throws Exception {
                    super.connectionMade(made);
                    made.pauseReading();
                }
            }, pipe.reading()).protocol();
            Transport transport = protocol.transport();
            try (StreamWriter writer = openWritePipe(pipe.writing())) {
                writer.write(bytes("early"));
                rig.turns(5);
                assertThat(protocol.trace).containsExactly("made");
                assertThat(transport.isReading()).isFalse();
                transport.pauseReading();

                transport.resumeReading();
                transport.resumeReading();

                assertThat(transport.isReading()).isTrue();
                awaitTrace(rig, protocol, "made", "early");
            }
            awaitTrace(rig, protocol, "made", "early", "eof", "lost");
            transport.resumeReading();
            assertThat(transport.isReading()).isFalse();
        });
    }

    @EachNetwork
    void readPipe_whoseProtocolThrows_isLostByThat(Rig.Network network) {
        for (String where : List.of("made", "data", "eof")) {
            run(network, (rig, pipe) -> {
                var failure = new IllegalStateException(where);
                var protocol = connectReadPipe(() -> new TracingProtocol() {
                    private void at(String here) {
                        if (here.equals(where)) throw failure;
                    }

                    @Override
                    public void connectionMade(Transport made) throws Exception {
                        super.connectionMade(made);
                        at("made");
                    }

                    @Override
                    public void dataReceived(ByteBuffer data) throws Exception {
                        at("data");
                    }

                    @Override
                    public boolean eofReceived() throws Exception {
                        at("eof");
                        return false;
                    }
                }, pipe.reading()).protocol();
                try (StreamWriter writer = openWritePipe(pipe.writing())) {
                    writer.write(bytes("x"));
                }
                rig.await("the end", protocol::isLost);
                assertThat(rig.takeReport()).isSameAs(failure);
                assertThat(protocol.lostBy).isSameAs(failure);
            });
        }
    }

    @EachNetwork
    void readPipe_hasNoOtherDirection_andTellsItsEnd(Rig.Network network) {
        run(network, (rig, pipe) -> {
            try (var made = connectReadPipe(TracingProtocol::new, pipe.reading())) {
                Transport transport = made.transport();
                assertThat(transport.getExtraInfo("pipe")).isSameAs(pipe.reading());
                assertThat(transport.getExtraInfo("peername")).isNull();
                assertThat(transport.getProtocol()).isSameAs(made.protocol());
                assertThat(transport.canWriteEof()).isFalse();
                assertThat(transport.getWriteBufferSize()).isZero();
                for (Runnable call : List.<Runnable>of(() -> transport.write(bytes("x")),
                        () -> transport.write(ByteBuffer.allocate(1)),
                        () -> transport.writelines(List.of()), transport::writeEof,
                        () -> transport.setWriteBufferLimits(1, 1),
                        transport::getWriteBufferLimits, transport::getWriteBufferMax,
                        () -> transport.setWriteBufferMax(1),
                        () -> transport.setAbortOnOverflow(true))) {
                    assertThatThrownBy(call::run)
                            .isInstanceOf(UnsupportedOperationException.class)
                            .hasMessageContaining("one direction");
                }
                assertThatThrownBy(() -> transport.setProtocol(new BaseProtocol() { }))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("a Protocol was expected");
                var next = new TracingProtocol();
                transport.setProtocol(next);
                pipe.writing().close();
                awaitTrace(rig, next, "eof", "lost");
            }
        });
    }

    @Test
    void readPipe_thatCannotBeRead_isReportedAndLost() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (PipePair pipe = PipeEnd.pair(rig.loop)) {
                var protocol = connectReadPipe(TracingProtocol::new, pipe.reading()).protocol();
                try (StreamWriter writer = openWritePipe(pipe.writing())) {
                    calls.fail("read", 1, Errno.EIO);
                    writer.write(bytes("x"));
                    awaitTrace(rig, protocol, "made", "lost");
                }
                assertThat(protocol.lostBy).isInstanceOf(SocketException.class)
                        .hasMessageContaining("<Pipe reading end fd=")
                        .hasMessageContaining("EIO");
                assertThat(rig.takeReport()).isSameAs(protocol.lostBy);
            }
        });
    }

    // ---- Writing, for a protocol

    @EachNetwork
    void writePipe_endedWithMuchUnsent_sendsAllBeforeTheEnd(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
            Transport transport = protocol.transport();
            byte[] much = Rig.pattern(MUCH);
            assertThat(transport.canWriteEof()).isTrue();

            transport.write(much, 0, MUCH / 2);
            transport.write(ByteBuffer.wrap(much, MUCH / 2, 1000));
            transport.writelines(List.of(ByteBuffer.wrap(much, MUCH / 2 + 1000, 1000),
                    ByteBuffer.wrap(much, MUCH / 2 + 2000, MUCH / 2 - 2000)));
            transport.writeEof();
            assertThat(transport.isClosing()).isTrue();
            transport.writeEof();
            transport.write(bytes("too late"));

            assertThat(reader.readAll()).isEqualTo(much);
            awaitTrace(rig, protocol, "made", "pause", "resume", "lost");
            assertThat(protocol.lostBy).isNull();
        });
    }

    @EachNetwork
    void writePipe_aborted_dropsWhatIsUnsent(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
            protocol.transport().write(new byte[MUCH]);
            int kept = protocol.transport().getWriteBufferSize();

            protocol.transport().abort();
            protocol.transport().abort();

            assertThat(protocol.transport().getWriteBufferSize()).isZero();
            assertThat(reader.readAll()).hasSize(MUCH - kept);
            awaitTrace(rig, protocol, "made", "pause", "lost");
            assertThat(protocol.lostBy).isNull();
        });
    }

    @EachNetwork
    void writePipe_whoseReaderLeaves_isLostWithNullIfNothingIsUnsent(Rig.Network network) {
        run(network, (rig, pipe) -> {
            openReadPipe(pipe.reading());
            var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
            protocol.transport().write(bytes("all of it is sent"));

            pipe.reading().close();

            if (network == Rig.Network.NIO) {       // it hears of it when it writes
                rig.turns(10);
                assertThat(protocol.trace).containsExactly("made");
                protocol.transport().write(bytes("x"));
                awaitTrace(rig, protocol, "made", "lost");
                assertThat(protocol.lostBy).isInstanceOf(BrokenPipeException.class);
            } else {
                awaitTrace(rig, protocol, "made", "lost");
                assertThat(protocol.lostBy).isNull();
            }
        });
    }

    @EachNetwork
    void writePipe_whoseReaderLeaves_isBrokenIfSomethingIsUnsent(Rig.Network network) {
        for (boolean closing : List.of(true, false)) {
            run(network, (rig, pipe) -> {
                openReadPipe(pipe.reading());
                var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
                protocol.transport().write(new byte[MUCH]);
                if (closing) protocol.transport().close();

                pipe.reading().close();

                awaitTrace(rig, protocol, "made", "pause", "lost");
                assertThat(protocol.lostBy).isInstanceOf(BrokenPipeException.class);
            });
        }
    }

    @EachNetwork
    void writePipe_afterTheEnd_dropsAndWarnsFromTheFifthTimeOn(Rig.Network network) {
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {     // by the watchdog's thread, too
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
            run(network, (rig, pipe) -> {
                var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
                protocol.transport().close();
                for (int i = 0; i < 4; i++) protocol.transport().write(bytes("x"));
                assertThat(warnings).isEmpty();
                protocol.transport().write(bytes(""));
                protocol.transport().write(bytes("x"));
                assertThat(warnings).hasSize(1);
                awaitTrace(rig, protocol, "made", "lost");
            });
        } finally {
            logger.removeHandler(handler);
        }
    }

    @EachNetwork
    void writePipe_overItsLimits_pausesAndResumes(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
            Transport transport = protocol.transport();
            while (transport.getWriteBufferSize() == 0) transport.write(new byte[10_000]);
            assertThat(protocol.trace).containsExactly("made");

            transport.setWriteBufferLimits(4, null);

            assertThat(transport.getWriteBufferLimits()).isEqualTo(new WriteBufferLimits(1, 4));
            assertThat(protocol.trace).containsExactly("made", "pause");
            while (protocol.trace.size() < 3) reader.read(65_536);
            assertThat(protocol.trace).containsExactly("made", "pause", "resume");
            assertThat(transport.getWriteBufferSize()).isZero();
            transport.abort();
            rig.await("the end", protocol::isLost);
        });
    }

    @EachNetwork
    void writePipe_overItsBound_refuses(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
            Transport transport = protocol.transport();
            transport.setWriteBufferMax(5);
            assertThat(transport.getWriteBufferMax()).isEqualTo(5);
            assertThatThrownBy(() -> transport.write(bytes("too long")))
                    .isInstanceOf(WriteBufferFullException.class);
            transport.write(bytes("fits"));
            transport.setAbortOnOverflow(true);
            assertThatThrownBy(() -> transport.write(bytes("too long")))
                    .isInstanceOf(WriteBufferFullException.class);
            assertThat(text(reader.readAll())).isEqualTo("fits");
            awaitTrace(rig, protocol, "made", "lost");
        });
    }

    @EachNetwork
    void writePipe_writelinesOverItsBound_takesAllOrNothing(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            var protocol = connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
            Transport transport = protocol.transport();
            transport.setWriteBufferMax(9);
            List<ByteBuffer> lines = List.of(ByteBuffer.wrap(bytes("first")),
                    ByteBuffer.allocateDirect(5));

            assertThatThrownBy(() -> transport.writelines(lines))
                    .isInstanceOf(WriteBufferFullException.class)
                    .hasMessageContaining("of 10 bytes");
            assertThat(lines).as("not consumed").allMatch(line -> line.remaining() == 5);
            transport.writelines(List.of());
            transport.writelines(List.of(ByteBuffer.wrap(bytes("se")).asReadOnlyBuffer(),
                    ByteBuffer.wrap(bytes("")), ByteBuffer.allocateDirect(4).put(bytes("cond"))
                            .flip()));
            transport.close();
            transport.writelines(lines);

            assertThat(text(reader.readAll())).isEqualTo("second");
            awaitTrace(rig, protocol, "made", "lost");
        });
    }

    @Test
    void writePipe_writelinesOfShortPieces_isOneSystemCall() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            try (PipePair pipe = PipeEnd.pair(rig.loop);
                    var made = connectWritePipe(TracingProtocol::new, pipe.writing())) {
                int before = calls.count(Call.WRITE);
                made.transport().writelines(Collections.nCopies(100, 10).stream()
                        .map(ByteBuffer::allocate).toList());
                assertThat(calls.count(Call.WRITE) - before).isEqualTo(1);
                assertThat(openReadPipe(pipe.reading()).readexactly(1000)).hasSize(1000);
            }
        });
    }

    @EachNetwork
    void writePipe_pausingProtocolThatThrows_isReportedAndGoesOn(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            var failure = new IllegalStateException("in pauseWriting");
            var protocol = connectWritePipe(() -> new TracingProtocol() {
                @Override
                public void pauseWriting() {
                    throw failure;
                }
            }, pipe.writing()).protocol();
            protocol.transport().write(new byte[MUCH]);
            assertThat(rig.takeReport()).isSameAs(failure);
            protocol.transport().close();
            assertThat(reader.readAll()).hasSize(MUCH);
            awaitTrace(rig, protocol, "made", "resume", "lost");
        });
    }

    @EachNetwork
    void writePipe_doesNotRead(Rig.Network network) {
        run(network, (rig, pipe) -> {
            try (var made = connectWritePipe(TracingProtocol::new, pipe.writing())) {
                assertThat(made.transport().isReading()).isFalse();
                assertThatThrownBy(made.transport()::pauseReading)
                        .isInstanceOf(UnsupportedOperationException.class);
                assertThatThrownBy(made.transport()::resumeReading)
                        .isInstanceOf(UnsupportedOperationException.class);
                assertThat(made.transport().toString())
                        .startsWith("<WritePipeTransport open <Pipe writing end fd=");
            }
        });
    }

    @Test
    void writePipe_thatCannotBeWritten_isLostQuietly() {
        FailingCalls calls = new FailingCalls();
        Rig.run(calls, rig -> {
            for (int nth : List.of(1, 2)) {
                try (PipePair pipe = PipeEnd.pair(rig.loop)) {
                    var protocol =
                            connectWritePipe(TracingProtocol::new, pipe.writing()).protocol();
                    StreamReader reader = openReadPipe(pipe.reading());
                    calls.fail("write", nth, Errno.ENOSPC);
                    protocol.transport().write(new byte[MUCH]);
                    if (nth == 2) reader.read(MUCH);
                    rig.await("the end", protocol::isLost);
                    assertThat(protocol.lostBy).isInstanceOf(SocketException.class)
                            .hasMessageContaining("ENOSPC");
                }
            }
        });
    }

    // ---- Connecting

    @EachNetwork
    void end_isConnectedOnceAndInItsDirection(Rig.Network network) {
        run(network, (rig, pipe) -> {
            assertThatThrownBy(() -> openWritePipe(pipe.reading()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("other end");
            try (var _ = connectReadPipe(TracingProtocol::new, pipe.reading())) {
                assertThatThrownBy(() -> openReadPipe(pipe.reading()))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("<PipeEnd reading end> was connected or closed before");
            }
            pipe.writing().close();
            assertThatThrownBy(() -> openWritePipe(pipe.writing()))
                    .isInstanceOf(IllegalStateException.class);
        });
    }

    @EachNetwork
    void factory_thatThrows_leavesTheEndAlone(Rig.Network network) {
        run(network, (rig, pipe) -> {
            assertThatThrownBy(() -> connectReadPipe(() -> {
                throw new IllegalStateException("no protocol");
            }, pipe.reading())).hasMessage("no protocol");

            var protocol = connectReadPipe(TracingProtocol::new, pipe.reading()).protocol();
            pipe.writing().close();
            awaitTrace(rig, protocol, "made", "eof", "lost");
        });
    }

    @EachNetwork
    void connecting_cancelled_closesTheEnd(Rig.Network network) {
        run(network, (rig, pipe) -> {
            var protocol = new TracingProtocol();
            Task<Void> connecting = createTask(() -> {
                connectReadPipe(() -> protocol, pipe.reading());
            });
            rig.turns(1);
            connecting.cancel();
            assertThatThrownBy(connecting::await).isInstanceOf(CancelledError.class);
            rig.await("the end", protocol::isLost);
            StreamWriter writer = openWritePipe(pipe.writing());
            writer.write(bytes("x"));
            assertThatThrownBy(writer::drain).isInstanceOf(BrokenPipeException.class);
        });
    }

    @EachNetwork
    void loop_closedOverPipes_closesThem(Rig.Network network) {
        run(network, (rig, _) -> {
            PipePair left = PipeEnd.pair(rig.loop);
            openReadPipe(left.reading());
            assertThat(left.toString()).contains("<PipeEnd reading end>");
        });
    }

    @Test
    void pair_withoutDescriptors_fails() {
        VirtualPoller poller = new VirtualPoller();
        poller.limitDescriptors(1);
        EventLoop loop = new EventLoop(poller, poller);
        try (loop) {
            assertThatThrownBy(() -> PipeEnd.pair(loop))
                    .isInstanceOf(ResourceShortageException.class)
                    .hasMessageContaining("open a pipe failed");
            assertThat(poller.socketCount()).isZero();
        }
    }

    // ---- Streams

    @EachNetwork
    void streams_carryLinesAndClose(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading(), 10);
            StreamWriter writer = openWritePipe(pipe.writing());
            Task<String> line = createTask(() -> text(reader.readline()));
            rig.turns(2);
            writer.write(bytes("one\ntwo\n"));
            assertThat(line.await()).isEqualTo("one\n");
            assertThat(text(reader.readline())).isEqualTo("two\n");
            writer.writelines(List.of(bytes("th"), bytes("ree")));
            writer.writeEof();
            assertThatThrownBy(() -> writer.write(bytes("x")))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(text(reader.readAll())).isEqualTo("three");
            assertThat(reader.atEof()).isTrue();
            writer.close();
            writer.waitClosed();
        });
    }

    @EachNetwork
    void drain_waitsForTheReader(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            StreamWriter writer = openWritePipe(pipe.writing());
            Task<Void> sending = createTask(() -> {
                for (int i = 0; i < 100; i++) {
                    writer.write(new byte[MUCH / 100]);
                    writer.drain();
                }
                writer.close();
                writer.waitClosed();
            });
            rig.turns(200);
            assertThat(sending.done()).isFalse();
            assertThat(reader.readAll()).hasSize(MUCH);
            sending.await();
        });
    }

    @EachNetwork
    void drain_withoutAReader_isABrokenPipe(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamWriter writer = openWritePipe(pipe.writing());
            pipe.reading().close();
            writer.write(bytes("x"));
            assertThatThrownBy(writer::drain).isInstanceOf(BrokenPipeException.class);
        });
    }

    @EachNetwork
    void read_cancelled_losesNothing_andClosedEndsTheStream(Rig.Network network) {
        run(network, (rig, pipe) -> {
            StreamReader reader = openReadPipe(pipe.reading());
            Task<byte[]> reading = createTask(() -> reader.read(100));
            rig.turns(2);
            reading.cancel();
            assertThatThrownBy(reading::await).isInstanceOf(CancelledError.class);
            try (StreamWriter writer = openWritePipe(pipe.writing())) {
                writer.write(bytes("kept"));
                assertThat(text(reader.readexactly(4))).isEqualTo("kept");

                Task<byte[]> again = createTask(() -> reader.read(100));
                rig.turns(2);
                pipe.reading().close();
                assertThat(again.await()).isEmpty();
                assertThat(reader.read(1)).isEmpty();
            }
        });
    }

    @EachNetwork
    void pipe_asASocket_sendsAndReceives(Rig.Network network) {
        run(network, (rig, pipe) -> {
            var in = pipe.reading().forReading(rig.loop);
            var out = pipe.writing().forWriting(rig.loop);
            Task<byte[]> receiving = createTask(() -> rig.loop.sockRecv(in, 100));
            rig.turns(1);
            rig.loop.sockSendall(out, bytes("low"));
            assertThat(text(receiving.await())).isEqualTo("low");
            ByteBuffer direct = ByteBuffer.allocateDirect(10);
            direct.put(bytes("direct")).flip();
            assertThat(out.sendNow(direct)).isEqualTo(6);
            direct.clear();
            assertThat(in.receiveNow(direct)).isEqualTo(6);
            assertThat(direct.flip().remaining()).isEqualTo(6);
            out.shutdownOutput();
            assertThat(out.isOpen()).isFalse();
            assertThat(rig.loop.sockRecv(in, 1)).isEmpty();
        });
    }
}

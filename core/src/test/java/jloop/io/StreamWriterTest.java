package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jloop.BrokenPipeException;
import jloop.CancelledError;
import jloop.ConnectionResetException;
import jloop.EachNetwork;
import jloop.RawPeer;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;

class StreamWriterTest {

    private static final int MUCH = 6_000_000;      // more than the kernel takes at once

    /// A connection as a stream on our side, as a plain socket on the side of the peer.
    private record Line(StreamReader reader, StreamWriter writer, RawPeer peer)
            implements AutoCloseable {

        static Line on(Rig rig) throws IOException {
            Rig.Ends ends = rig.connect();
            StreamPair pair = Streams.pair(rig.loop, ends.client(), StreamReader.DEFAULT_LIMIT);
            return new Line(pair.reader(), pair.writer(), new RawPeer(rig.loop, ends.server()));
        }

        interface Body {
            void run(Rig rig, Line line) throws Exception;
        }

        static void run(Rig.Network network, Body body) {
            Rig.run(network, rig -> {
                try (Line line = on(rig)) {
                    body.run(rig, line);
                }
            });
        }

        /// Writes until the kernel takes no more.
        int fill() {
            int written = 0;
            for (; writer.getWriteBufferSize() == 0; written += 100_000) {
                writer.write(new byte[100_000]);
            }
            return written;
        }

        /// Writes more than the kernel ever takes from somebody whose peer reads nothing: it
        /// may go on to take some a while after it has refused more.
        int overfill() {
            int written = fill();
            writer.write(new byte[MUCH]);
            return written + MUCH;
        }

        @Override
        public void close() {
            writer.abort();
            peer.close();
        }
    }

    // ---- write

    @EachNetwork
    void write_whatFits_isSentAtOnce(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.writer.write(bytes("hello"));
            line.writer.write(bytes("-- world --"), 3, 5);
            line.writer.write(new byte[0]);

            assertThat(line.writer.getWriteBufferSize()).isZero();
            assertThat(text(line.peer.receive(10))).isEqualTo("helloworld");
        });
    }

    @EachNetwork
    void write_moreThanFits_isSentInTheBackgroundAndIsACopy(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            byte[] much = Rig.pattern(MUCH);
            line.writer.write(much);
            assertThat(line.writer.getWriteBufferSize()).isBetween(1, MUCH);

            byte[] sent = much.clone();
            Arrays.fill(much, (byte) 0);

            assertThat(line.peer.receive(MUCH)).isEqualTo(sent);
            rig.await("an empty buffer", () -> line.writer.getWriteBufferSize() == 0);
        });
    }

    @EachNetwork
    void write_manySmallOnesBehindAMuchTooLargeOne_keepTheirOrder(Rig.Network network) {
        Line.run(network, (_, line) -> {
            int before = line.fill();
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 5000; i++) {
                String small = i + ",";
                expected.append(small);
                line.writer.write(bytes(small));
            }

            line.peer.receive(before);

            assertThat(text(line.peer.receive(expected.length()))).isEqualTo(expected.toString());
        });
    }

    @EachNetwork
    void writelines_sendsEachInTurn(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.writer.writelines(List.of(bytes("one "), bytes(""), bytes("two")));

            assertThat(text(line.peer.receive(7))).isEqualTo("one two");
        });
    }

    @EachNetwork
    void write_aByteBuffer_consumesWhatRemains(Rig.Network network) {
        Line.run(network, (_, line) -> {
            ByteBuffer slice = ByteBuffer.wrap(bytes("..abc..")).slice(2, 3);
            ByteBuffer direct = ByteBuffer.allocateDirect(3).put(bytes("def")).flip();
            ByteBuffer readOnly = ByteBuffer.wrap(bytes("xghi")).position(1)
                    .asReadOnlyBuffer();
            for (ByteBuffer buffer : List.of(slice, direct, readOnly)) {
                line.writer.write(buffer);
                assertThat(buffer.hasRemaining()).isFalse();
            }

            assertThat(text(line.peer.receive(9))).isEqualTo("abcdefghi");
        });
    }

    @EachNetwork
    void write_afterTheEnd_isDroppedInSilence(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.writer.close();

            for (int i = 0; i < 10; i++) line.writer.write(bytes("lost"));

            assertThat(line.peer.receiveAll()).isEmpty();
            assertThatThrownBy(line.writer::drain)
                    .isInstanceOf(ConnectionResetException.class);
        });
    }

    // ---- drain

    @EachNetwork
    void drain_whileLittleIsKept_returnsAtOnce(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.writer.drain();
            line.writer.setWriteBufferLimits(1_000_000, 0);
            line.fill();
            List<String> trace = new ArrayList<>();
            rig.loop.callSoon(() -> trace.add("another"));

            line.writer.drain();

            assertThat(trace).isEmpty();
            rig.turns(1);
        });
    }

    @EachNetwork
    void drain_whileTooMuchIsKept_waitsUntilLittleIs(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.writer.setWriteBufferLimits(1_000_000, 300_000);
            byte[] much = Rig.pattern(MUCH);
            line.writer.write(much);
            Task<Integer> drained = createTask(() -> {
                line.writer.drain();
                return line.writer.getWriteBufferSize();
            });
            rig.turns(5);
            assertThat(drained.done()).isFalse();

            byte[] received = line.peer.receive(MUCH);

            assertThat(drained.await()).isLessThanOrEqualTo(300_000);
            assertThat(received).isEqualTo(much);
        });
    }

    @EachNetwork
    void drain_ofManyTasks_letsThemGoInTheirOrder(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.writer.setWriteBufferLimits(0, 0);
            int written = line.overfill();
            List<Integer> trace = new ArrayList<>();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                int number = i;
                tasks.add(createTask(() -> {
                    line.writer.drain();
                    trace.add(number);
                }));
            }
            rig.turns(3);
            assertThat(trace).isEmpty();
            tasks.get(4).cancel();

            line.peer.receive(written);
            rig.await("all to go on", () -> trace.size() == 9);

            assertThat(trace).containsExactly(0, 1, 2, 3, 5, 6, 7, 8, 9);
            assertThat(tasks.get(4).cancelled()).isTrue();
        });
    }

    @EachNetwork
    void drain_highOfZero_waitsForTheLastByte(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.overfill();
            line.writer.setWriteBufferLimits(0, 0);
            Task<Void> drain = createTask(line.writer::drain);
            rig.turns(3);
            assertThat(drain.done()).isFalse();

            drain.cancel();

            assertThatThrownBy(drain::await).isInstanceOf(CancelledError.class);
        });
    }

    @EachNetwork
    void drain_exactlyAtHigh_doesNotWait(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.writer.setWriteBufferLimits(10_000_000, 0);
            line.overfill();
            int kept = line.writer.getWriteBufferSize();
            line.writer.setWriteBufferLimits(kept + 10, 0);
            line.writer.write(new byte[10]);
            line.writer.drain();

            line.writer.write(new byte[1]);
            Task<Void> drain = createTask(line.writer::drain);
            rig.turns(2);

            assertThat(drain.done()).isFalse();
            drain.cancel();
        });
    }

    @EachNetwork
    void drain_afterWritelines_countsTheirBytesToo(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.writer.setWriteBufferLimits(10_000_000, 0);
            line.overfill();
            int kept = line.writer.getWriteBufferSize();
            line.writer.setWriteBufferLimits(kept + 200_000, 0);
            line.writer.writelines(List.of(new byte[100_000], new byte[100_001]));
            Task<Void> drain = createTask(line.writer::drain);
            rig.turns(2);

            assertThat(drain.done()).isFalse();
            drain.cancel();
        });
    }

    @EachNetwork
    void setWriteBufferLimits_outOfOrder_isRejected(Rig.Network network) {
        Line.run(network, (_, line) -> {
            for (int[] bounds : new int[][] {{10, 11}, {10, -1}, {-1, -1}}) {
                assertThatThrownBy(
                        () -> line.writer.setWriteBufferLimits(bounds[0], bounds[1]))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @EachNetwork
    void drain_theReaderHasFailed_throwsThatFirst(Rig.Network network) {
        Line.run(network, (_, line) -> {
            IOException failure = new IOException("garbage received");
            line.reader.setException(failure);

            assertThatThrownBy(line.writer::drain).isSameAs(failure);
        });
    }

    @EachNetwork
    void drain_whileClosing_letsTheOthersRunOnce(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.writer.setWriteBufferLimits(10_000_000, 0);
            line.fill();
            line.writer.close();
            List<String> trace = new ArrayList<>();
            rig.loop.callSoon(() -> trace.add("another"));

            line.writer.drain();

            assertThat(trace).containsExactly("another");
            assertThat(line.writer.isClosing()).isTrue();
        });
    }

    @EachNetwork
    void drain_inALoopWithWrite_noticesThatThePeerIsGone(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            Task<Void> endless = createTask(() -> {
                while (true) {
                    line.writer.write(bytes("foo"));
                    line.writer.drain();
                    rig.turns(1);
                }
            });
            rig.turns(10);

            line.peer.reset();

            assertThatThrownBy(endless::await).isInstanceOf(SocketException.class);
            assertThatThrownBy(line.writer::waitClosed).isInstanceOf(SocketException.class);
        });
    }

    @EachNetwork
    void drain_thePeerResets_failsEveryWaiterAndTheReader(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.overfill();
            line.writer.setWriteBufferLimits(0, 0);
            Task<Void> one = createTask(line.writer::drain);
            Task<Void> two = createTask(line.writer::drain);
            Task<byte[]> read = createTask(line.reader::readline);
            Task<Void> closed = createTask(line.writer::waitClosed);
            rig.turns(3);

            line.peer.reset();

            for (Task<?> task : List.of(one, two, read, closed)) {
                assertThatThrownBy(task::await).isInstanceOfAny(
                        ConnectionResetException.class, BrokenPipeException.class);
            }
            assertThat(line.writer.isClosing()).isTrue();
            assertThat(line.writer.getWriteBufferSize()).isZero();
        });
    }

    // ---- writeEof

    @EachNetwork
    void writeEof_thePeerReadsTheEnd_andMayStillSend(Rig.Network network) {
        Line.run(network, (_, line) -> {
            byte[] answer = Rig.pattern(MUCH);
            line.writer.write(bytes("question"));
            assertThat(line.writer.canWriteEof()).isTrue();
            line.writer.writeEof();
            line.writer.writeEof();

            assertThat(text(line.peer.receiveAll())).isEqualTo("question");
            Task<Void> sending = createTask(() -> {
                line.peer.send(answer);
                line.peer.close();
            });

            assertThat(line.reader.readAll()).isEqualTo(answer);
            sending.await();
        });
    }

    @EachNetwork
    void writeEof_behindWhatIsKept_comesAfterIt(Rig.Network network) {
        Line.run(network, (_, line) -> {
            byte[] much = Rig.pattern(MUCH);
            line.writer.write(much);
            line.writer.writeEof();
            assertThat(line.writer.getWriteBufferSize()).isPositive();

            assertThat(line.peer.receiveAll()).isEqualTo(much);
            assertThat(line.writer.isClosing()).isFalse();
        });
    }

    @EachNetwork
    void write_afterWriteEof_isRejected(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.writer.writeEof();

            assertThatThrownBy(() -> line.writer.write(bytes("more")))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(line.peer.receiveAll()).isEmpty();
        });
    }

    @EachNetwork
    void write_afterThePeerHasEndedItsSide_works(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.peer.socket().shutdownOutput();
            assertThat(line.reader.readAll()).isEmpty();

            line.writer.write(bytes("still"));
            line.writer.drain();
            line.writer.writeEof();

            assertThat(text(line.peer.receiveAll())).isEqualTo("still");
        });
    }

    // ---- close, abort, waitClosed

    @EachNetwork
    void close_sendsWhatIsKeptFirst(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            byte[] much = Rig.pattern(MUCH);
            line.writer.write(much);
            line.writer.close();
            line.writer.close();
            assertThat(line.writer.isClosing()).isTrue();
            Task<Void> closed = createTask(line.writer::waitClosed);
            rig.turns(3);
            assertThat(closed.done()).isFalse();

            assertThat(line.peer.receiveAll()).isEqualTo(much);
            closed.await();
        });
    }

    @EachNetwork
    void close_whileATaskReads_itSeesTheEnd(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            Task<byte[]> read = createTask(() -> line.reader.read(10));
            rig.turns(2);

            line.writer.close();

            assertThat(read.await()).isEmpty();
            assertThat(line.reader.atEof()).isTrue();
            assertThat(line.reader.readline()).isEmpty();
            line.writer.waitClosed();
            line.writer.waitClosed();
        });
    }

    @EachNetwork
    void close_withBytesNobodyRead_isNotAnErrorHere(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.peer.send("line\nunread");
            assertThat(text(line.reader.readline())).isEqualTo("line\n");

            line.writer.close();
            line.writer.waitClosed();

            assertThat(text(line.reader.read(100))).isEqualTo("unread");
        });
    }

    @EachNetwork
    void close_withBytesTheReaderNeverAskedFor_endsThePeersStreamInOrder(Rig.Network network) {
        Line.run(network, (_, line) -> {
            line.peer.send("a question nobody reads");
            line.writer.write(bytes("the answer"));

            line.writer.close();

            assertThat(text(line.peer.receiveAll())).isEqualTo("the answer");
        });
    }

    @EachNetwork
    void abort_dropsWhatIsKeptAndWakesEverybody(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.overfill();
            line.writer.setWriteBufferLimits(0, 0);
            Task<Void> drain = createTask(line.writer::drain);
            Task<byte[]> read = createTask(line.reader::readline);
            Task<Void> closed = createTask(line.writer::waitClosed);
            rig.turns(3);

            line.writer.abort();
            line.writer.abort();

            assertThatThrownBy(drain::await).isInstanceOf(ConnectionResetException.class);
            assertThat(read.await()).isEmpty();
            closed.await();
            assertThat(line.writer.getWriteBufferSize()).isZero();
        });
    }

    @EachNetwork
    void waitClosed_cancelled_leavesTheConnectionAlone(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            Task<Void> one = createTask(line.writer::waitClosed);
            Task<Void> two = createTask(line.writer::waitClosed);
            rig.turns(2);
            one.cancel();
            assertThatThrownBy(one::await).isInstanceOf(CancelledError.class);

            line.writer.write(bytes("alive"));
            assertThat(text(line.peer.receive(5))).isEqualTo("alive");
            line.writer.close();

            two.await();
        });
    }

    @EachNetwork
    void waitClosed_afterALoss_throwsIt_andNobodyElseIsTold(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            line.peer.reset();
            rig.await("the loss", () -> {
                line.writer.write(bytes("x"));
                return line.writer.isClosing();
            });

            Throwable first = catchThrowable(line.writer::waitClosed);
            Throwable second = catchThrowable(line.writer::waitClosed);

            assertThat(first).isInstanceOf(SocketException.class).isSameAs(second);
            assertThat(line.reader.exception()).isSameAs(first);
        });
    }

    // ---- What is known about it

    @EachNetwork
    void getExtraInfo_tellsTheAddresses(Rig.Network network) {
        Line.run(network, (_, line) -> {
            StreamWriter writer = line.writer;
            assertThat(writer.getExtraInfo("peername"))
                    .isEqualTo(line.peer.socket().localAddress()).isEqualTo(writer.remoteAddress());
            assertThat(writer.getExtraInfo("sockname"))
                    .isEqualTo(line.peer.socket().remoteAddress()).isEqualTo(writer.localAddress());
            assertThat(writer.getExtraInfo("socket")).isInstanceOf(Socket.class);
            assertThat(writer.getExtraInfo("sslcontext")).isNull();
            assertThat(writer.toString()).startsWith("<StreamWriter open peer=/127.0.0.1:");

            writer.close();

            assertThat(writer.remoteAddress()).as("still known").isNotNull();
            assertThat(writer.localAddress()).isNull();
            assertThat(writer.toString()).startsWith("<StreamWriter closed");
        });
    }

    // ---- As an OutputStream

    @EachNetwork
    void asOutputStream_waitsForASlowPeerAndClosesTheConnection(Rig.Network network) {
        Line.run(network, (rig, line) -> {
            OutputStream out = line.writer.asOutputStream();
            byte[] much = Rig.pattern(MUCH);
            Task<Integer> writing = createTask(() -> {
                int largest = 0;
                for (int at = 0; at < MUCH; at += 10_000) {
                    out.write(much, at, 10_000);
                    largest = Math.max(largest, line.writer.getWriteBufferSize());
                }
                out.write('!');
                out.flush();
                out.close();
                return largest;
            });
            rig.turns(50);
            assertThat(writing.done()).isFalse();

            byte[] received = line.peer.receiveAll();

            assertThat(writing.await()).isLessThanOrEqualTo(64 * 1024 + 10_000);
            assertThat(Arrays.copyOf(received, MUCH)).isEqualTo(much);
            assertThat(received).hasSize(MUCH + 1).endsWith('!');
        });
    }
}

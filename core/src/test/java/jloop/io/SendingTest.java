package jloop.io;

import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import jloop.AsIn;
import jloop.Asyncio;
import jloop.EachNetwork;
import jloop.FailingCalls;
import jloop.RawPeer;
import jloop.Rig;
import jloop.kernel.Errno;
import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.Test;

/// What streams and transports have in common when they send: writelines, and the bound of what
/// is kept.
class SendingTest {

    // ---- The bound

    @EachNetwork
    void write_beyondTheMax_isRefusedAndTheConnectionGoesOn(Rig.Network network) {
        Sender.each(network, (rig, sender, peer) -> {
            int written = sender.fill();
            int kept = sender.kept();
            sender.max(kept + 10);
            sender.write(bytes("0123456789"));

            for (ByteBuffer more : List.of(ByteBuffer.wrap(bytes("x")),
                    ByteBuffer.allocateDirect(1), ByteBuffer.wrap(bytes("x")).asReadOnlyBuffer()))
            {
                assertThatThrownBy(() -> sender.write(more))
                        .isInstanceOf(WriteBufferFullException.class)
                        .hasMessageContainingAll("of 1 bytes", (kept + 10) + " are kept",
                                "at most " + (kept + 10));
                assertThat(more.remaining()).as("nothing of it is taken").isEqualTo(1);
            }
            assertThatThrownBy(() -> sender.writelines(List.of(bytes("a"), bytes("b"))))
                    .isInstanceOf(WriteBufferFullException.class);
            assertThat(sender.kept()).isEqualTo(kept + 10);

            peer.receive(written);
            assertThat(text(peer.receive(10))).isEqualTo("0123456789");
            rig.await("an empty buffer", () -> sender.kept() == 0);
            sender.write(bytes("goes on"));
            assertThat(text(peer.receive(7))).isEqualTo("goes on");
        });
    }

    @EachNetwork
    void write_longerThanTheMax_isRefusedThoughNothingIsKept(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            sender.max(10);
            assertThat(sender.max()).isEqualTo(10);
            sender.write(new byte[10]);

            assertThatThrownBy(() -> sender.write(new byte[11]))
                    .isInstanceOf(WriteBufferFullException.class)
                    .hasMessageContainingAll("11", "0 are kept", "at most 10");
            assertThatThrownBy(
                    () -> sender.writelines(Collections.nCopies(11, new byte[1])))
                    .isInstanceOf(WriteBufferFullException.class);
            assertThatThrownBy(() -> sender.max(0)).isInstanceOf(IllegalArgumentException.class);

            sender.writelines(Collections.nCopies(10, new byte[1]));
            sender.writeEof();
            assertThat(peer.receiveAll()).hasSize(20);
        });
    }

    @EachNetwork
    void write_beyondTheMaxThatAborts_endsTheConnection(Rig.Network network) {
        Sender.each(network, (_, sender, _) -> {
            sender.max(10);
            sender.abortOnOverflow();
            assertThat(sender.isClosing()).isFalse();

            assertThatThrownBy(() -> sender.write(new byte[11]))
                    .isInstanceOf(WriteBufferFullException.class)
                    .hasMessageContaining("aborted");

            assertThat(sender.isClosing()).isTrue();
            sender.write(new byte[11]);         // lost, as any other
        });
    }

    @Test
    void max_unlessSet_is64MiB() {
        Sender.each(Rig.Network.VIRTUAL, (_, sender, peer) -> {
            assertThat(sender.max()).isEqualTo(64 << 20);

            assertThatThrownBy(() -> sender.write(new byte[(64 << 20) + 1]))
                    .isInstanceOf(WriteBufferFullException.class);
            sender.write(bytes("x"));
            assertThat(peer.receive(1)).hasSize(1);
        });
    }

    @EachNetwork
    void asOutputStream_ofMoreThanTheMax_writesItInPieces(Rig.Network network) {
        Rig.run(network, rig -> Sender.run(rig, true, (_, sender, peer) -> {
            sender.max(512 * 1024);
            byte[] much = Rig.pattern(Sender.MUCH);
            StreamWriter writer = ((Sender.OfStream) sender).pair().writer();
            var written = jloop.Asyncio.createTask(() -> {
                OutputStream out = writer.asOutputStream();
                out.write(much);
            });

            assertThat(peer.receive(Sender.MUCH)).isEqualTo(much);
            written.await();
        }));
    }

    // ---- writelines

    /// Pieces of all sizes: empty ones, short ones, long ones.
    private static List<byte[]> pieces(int... sizes) {
        byte[] pattern = Rig.pattern(Arrays.stream(sizes).sum());
        List<byte[]> pieces = new ArrayList<>();
        int at = 0;
        for (int size : sizes) pieces.add(Arrays.copyOfRange(pattern, at, at += size));
        return pieces;
    }

    @EachNetwork
    void writelines_ofPiecesThatFit_keepsNothing(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            sender.writelines(pieces(1, 0, 10, 20_000, 3));
            sender.writelines(List.of());
            sender.writelines(List.of(new byte[0]));

            assertThat(sender.kept()).isZero();
            assertThat(peer.receive(20_014)).isEqualTo(Rig.pattern(20_014));
        });
    }

    @EachNetwork
    void writelines_ofPiecesOfAllSizes_arrivesInOrder(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            sender.writelines(pieces(0, 7, 65_535, 65_536, 1, 0, 2_000_000, 65_537, 500, 0,
                    3_000_000, 9));
            assertThat(sender.kept()).isPositive();

            int size = 7 + 65_535 + 65_536 + 1 + 2_000_000 + 65_537 + 500 + 3_000_000 + 9;
            assertThat(peer.receive(size)).isEqualTo(Rig.pattern(size));
        });
    }

    @EachNetwork
    void writelines_ofMorePiecesThanTheSystemTakesAtOnce_arrivesInOrder(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            int[] sizes = new int[5000];
            Arrays.fill(sizes, 3);
            sender.writelines(pieces(sizes));

            assertThat(sender.kept()).as("all of it fits").isZero();
            assertThat(peer.receive(15_000)).isEqualTo(Rig.pattern(15_000));
        });
    }

    @EachNetwork
    void writelines_behindBytesThatAreKept_keepsItsPlace(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            int written = sender.fill();
            sender.writelines(pieces(5, 0, 70_000));
            sender.write(bytes("end"));

            peer.receive(written);
            assertThat(peer.receive(70_005)).isEqualTo(Rig.pattern(70_005));
            assertThat(text(peer.receive(3))).isEqualTo("end");
        });
    }

    @AsIn("test_selector_events.test_writelines_pauses_protocol")
    @EachNetwork
    void writelines_ofMoreThanHigh_pausesAndResumes(Rig.Network network) {
        Sender.each(network, (rig, sender, peer) -> {
            sender.limit(1000, 0);
            assertThat(sender.isPaused()).isFalse();

            sender.writelines(pieces(3_000_000, 3_000_000));

            assertThat(sender.isPaused()).isTrue();
            peer.receive(Sender.MUCH);
            rig.await("an empty buffer", () -> sender.kept() == 0);
            assertThat(sender.isPaused()).isFalse();
        });
    }

    @EachNetwork
    void writelines_isACopyOfWhatItKeeps(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            int written = sender.fill();
            byte[] mutable = bytes("abc");
            sender.writelines(List.of(mutable));
            mutable[0] = 'X';

            peer.receive(written);
            assertThat(text(peer.receive(3))).isEqualTo("abc");
        });
    }

    @EachNetwork
    void writelines_ofBuffersOfEachKind_consumesThem(Rig.Network network) {
        Rig.run(network, rig -> Sender.run(rig, false, (_, sender, peer) -> {
            Transport transport = ((Sender.OfTransport) sender).transport();
            List<ByteBuffer> lines = List.of(
                    ByteBuffer.wrap(bytes("..slice..")).slice(2, 5),
                    ByteBuffer.allocateDirect(6).put(bytes("direct")).flip(),
                    ByteBuffer.wrap(bytes("-only-")).asReadOnlyBuffer().position(1).limit(5),
                    ByteBuffer.allocateDirect(100_000));

            transport.writelines(lines);

            assertThat(lines).noneMatch(ByteBuffer::hasRemaining);
            assertThat(text(peer.receive(15))).isEqualTo("slicedirectonly");
            assertThat(peer.receive(100_000)).hasSize(100_000).containsOnly(0);
        }));
    }

    @EachNetwork
    void writelines_afterTheLoss_isDropped(Rig.Network network) {
        Sender.each(network, (_, sender, _) -> {
            sender.close();

            sender.writelines(List.of(bytes("lost")));

            assertThat(sender.kept()).isZero();
        });
    }

    @EachNetwork
    void writelines_toAPeerThatHasGone_endsTheConnection(Rig.Network network) {
        Sender.each(network, (rig, sender, peer) -> {
            peer.reset();

            rig.await("a failure", () -> {
                sender.writelines(List.of(bytes("a"), bytes("b")));
                return sender.isClosing();
            });
        });
    }

    @Test
    void writelines_ofShortPieces_isOneSystemCall() {
        eachWith((calls, _, sender, peer) -> {
            int before = calls.count(Call.SEND);

            sender.writelines(Collections.nCopies(100, bytes("0123456789")));

            assertThat(calls.count(Call.SEND) - before).isEqualTo(1);
            assertThat(peer.receive(1000)).hasSize(1000);
        });
    }

    @Test
    void writelines_cutShortAnywhere_goesOnThere() {
        for (int max = 1; max <= 8; max++) {
            int most = max;
            eachWith((calls, rig, sender, peer) -> {
                calls.sentMax = most;
                sender.writelines(pieces(3, 0, 1, 4, 10, 5));
                sender.write(bytes("end"));

                assertThat(peer.receive(23)).isEqualTo(Rig.pattern(23));
                assertThat(text(peer.receive(3))).isEqualTo("end");
                rig.await("an empty buffer", () -> sender.kept() == 0);
            });
        }
    }

    @Test
    void writelines_whoseFirstSendFails_endsTheConnection() {
        eachWith((calls, _, sender, _) -> {
            calls.fail("send", 1, Errno.ECONNRESET);

            sender.writelines(pieces(1, 70_000));

            assertThat(calls.hasFailed()).isTrue();
            assertThat(sender.isClosing()).isTrue();
            assertThat(sender.kept()).isZero();
        });
    }

    @Test
    void writelines_whoseSecondSendFails_countsTheFirst() {
        eachWith((calls, rig, sender, peer) -> {
            calls.fail("send", 2, Errno.ENOBUFS);

            sender.writelines(pieces(70_000, 70_000, 9));

            assertThat(calls.hasFailed()).isTrue();
            assertThat(sender.kept()).isEqualTo(70_009);
            assertThat(peer.receive(140_009)).isEqualTo(Rig.pattern(140_009));
        });
    }

    // ---- No buffers

    @Test
    void systemWithoutBuffers_isAskedAgainNowAndThenAndTakesAllInOrder() {
        for (int errno : new int[] {Errno.ENOBUFS, Errno.ENOMEM})
            eachWith((calls, rig, sender, peer) -> {
                int before = calls.count(Call.SEND);
                calls.fail(Call.SEND, before + 1, before + 5, errno);

                sender.write(bytes("one "));
                sender.writelines(List.of(bytes("two "), bytes("three")));
                assertThat(sender.kept()).isEqualTo(13);

                assertThat(text(peer.receive(13))).isEqualTo("one two three");
                assertThat(calls.count(Call.SEND) - before).as("5 that fail, then one a piece")
                        .isBetween(6, 8);
                rig.await("an empty buffer", () -> sender.kept() == 0);
                sender.write(bytes("at once"));
                assertThat(sender.kept()).isZero();
            });
    }

    @Test
    void systemWithoutBuffersForLong_isNotAskedAllTheTime() {
        eachWith((calls, rig, sender, peer) -> {
            calls.fail(Call.SEND, calls.count(Call.SEND) + 1, Integer.MAX_VALUE, Errno.ENOBUFS);
            sender.write(bytes("late"));
            int before = calls.made();
            Asyncio.sleep(Duration.ofMillis(200));
            assertThat(calls.made() - before).isBetween(1, 20);

            calls.heal();

            assertThat(text(peer.receive(4))).isEqualTo("late");
        });
    }

    @Test
    void systemWithoutBuffers_aConnectionThatEnds_leavesNoTimer() {
        eachWith((calls, _, sender, _) -> {
            calls.fail(Call.SEND, calls.count(Call.SEND) + 1, Integer.MAX_VALUE, Errno.ENOBUFS);
            sender.write(bytes("never"));

            sender.close();

            calls.heal();
        });
    }

    private interface CallsBody {
        void run(FailingCalls calls, Rig rig, Sender sender, RawPeer peer) throws Exception;
    }

    private static void eachWith(CallsBody body) {
        for (boolean isStream : new boolean[] {true, false}) {
            FailingCalls calls = new FailingCalls();
            Rig.run(calls, rig -> Sender.run(rig, isStream,
                    (_, sender, peer) -> body.run(calls, rig, sender, peer)));
        }
    }

    // ---- What is kept

    @EachNetwork
    void manyShortWrites_thatAreKept_areSentByFewCalls(Rig.Network network) {
        Sender.each(network, (_, sender, peer) -> {
            int written = sender.fill();
            int before = sender.kept();
            StringBuilder expected = new StringBuilder();
            String large = "-".repeat(70_000);
            for (int i = 0; i < 20_000; i++) {
                String small = i + ",";
                expected.append(small);
                sender.write(bytes(small));
                if (i % 1000 == 0) {
                    expected.append(large);
                    sender.write(bytes(large));
                }
            }
            assertThat(sender.kept()).isEqualTo(before + expected.length());

            peer.receive(written);
            assertThat(text(peer.receive(expected.length()))).isEqualTo(expected.toString());
        });
    }
}

package jloop.io;

import static jloop.Asyncio.createTask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import jloop.CancelledError;
import jloop.Coroutine;
import jloop.EachNetwork;
import jloop.EachPoller;
import jloop.Rig;
import jloop.Task;
import org.junit.jupiter.api.Test;

class StreamReaderTest {

    private static final byte[] DATA = bytes("line1\nline2\nline3\n");

    private static StreamReader reader(Rig rig, int limit, String... fed) {
        StreamReader reader = new StreamReader(rig.loop, limit);
        for (String part : fed) reader.feedData(bytes(part));
        return reader;
    }

    private static StreamReader reader(Rig rig, String... fed) {
        return reader(rig, StreamReader.DEFAULT_LIMIT, fed);
    }

    private static StreamReader ended(Rig rig, String... fed) {
        StreamReader reader = reader(rig, fed);
        reader.feedEof();
        return reader;
    }

    private static IncompleteReadException incomplete(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable read) {
        return catchThrowableOfType(IncompleteReadException.class, read);
    }

    private static LimitOverrunException overrun(StreamReader reader, String... separators) {
        return catchThrowableOfType(LimitOverrunException.class,
                () -> reader.readuntil(all(separators)));
    }

    private static byte[][] all(String... separators) {
        return Arrays.stream(separators).map(Rig::bytes).toArray(byte[][]::new);
    }

    // ---- The limit

    @Test
    void constructor_limitBelowOne_isRejected() {
        Rig.run(rig -> {
            for (int limit : new int[] {0, -1}) {
                assertThatThrownBy(() -> new StreamReader(rig.loop, limit))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("limit must be at least 1");
            }
        });
    }

    // ---- read

    @Test
    void read_ofZero_returnsNothingAtOnce() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);

            assertThat(reader.read(0)).isEmpty();
            assertThat(reader.readexactly(0)).isEmpty();
        });
    }

    @Test
    void read_withNothingThere_waitsForWhatIsFed() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> read = createTask(() -> reader.read(30));
            rig.turns(2);
            assertThat(read.done()).isFalse();

            reader.feedData(DATA);

            assertThat(read.await()).isEqualTo(DATA);
            assertThat(reader.buffered()).isZero();
        });
    }

    @Test
    void read_moreThanAskedIsThere_keepsTheRest() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "li", "ne1", "\nline2");

            assertThat(text(reader.read(5))).isEqualTo("line1");
            assertThat(text(reader.read(100))).isEqualTo("\nline2");
        });
    }

    @Test
    void read_atTheEnd_returnsNothingForEver() {
        Rig.run(rig -> {
            StreamReader reader = ended(rig);

            assertThat(reader.read(1024)).isEmpty();
            assertThat(reader.read(1024)).isEmpty();
            assertThat(reader.readInto(new byte[3], 0, 3)).isEqualTo(-1);
        });
    }

    @Test
    void read_theEndComesWhileWaiting_returnsNothing() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> read = createTask(() -> reader.read(1024));
            rig.turns(2);

            reader.feedEof();

            assertThat(read.await()).isEmpty();
        });
    }

    @Test
    void read_negative_isRejected() {
        Rig.run(rig -> {
            assertThatThrownBy(() -> reader(rig).read(-1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> reader(rig).readexactly(-1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> reader(rig).readInto(new byte[2], 1, 2))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        });
    }

    @Test
    void read_isNotBoundedByTheLimit() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 3, "chunk");

            assertThat(text(reader.read(5))).isEqualTo("chunk");
        });
    }

    @Test
    void readInto_lessRoomThanBytes_keepsTheRest() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "abcdef");
            byte[] into = bytes(".......");

            assertThat(reader.readInto(into, 1, 4)).isEqualTo(4);
            assertThat(text(into)).isEqualTo(".abcd..");
            assertThat(reader.readInto(into, 0, 7)).isEqualTo(2);
            assertThat(text(into)).isEqualTo("efbcd..");
            assertThat(reader.readInto(into, 0, 0)).isZero();
        });
    }

    @Test
    void readAll_waitsForTheEnd_whateverTheLimit() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 3, "chunk1\n");
            Task<byte[]> read = createTask(reader::readAll);
            rig.turns(2);
            reader.feedData(bytes("chunk2"));
            rig.turns(2);
            assertThat(read.done()).isFalse();

            reader.feedEof();

            assertThat(text(read.await())).isEqualTo("chunk1\nchunk2");
            assertThat(reader.readAll()).isEmpty();
        });
    }

    // ---- readline

    @Test
    void readline_overManyChunks_joinsThem() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "chunk1 ");
            Task<byte[]> line = createTask(reader::readline);
            for (String part : List.of("chunk2 ", "chunk3 ", "\n chunk4")) {
                rig.turns(1);
                reader.feedData(bytes(part));
            }

            assertThat(text(line.await())).isEqualTo("chunk1 chunk2 chunk3 \n");
            assertThat(text(reader.read(100))).isEqualTo(" chunk4");
        });
    }

    @Test
    void readline_consumesTheLineAndNoMore() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 3 * DATA.length, "line1\nline2\nline3\n");

            assertThat(text(reader.readline())).isEqualTo("line1\n");
            assertThat(reader.buffered()).isEqualTo(12);
            assertThat(text(reader.readline())).isEqualTo("line2\n");
            assertThat(text(reader.read(100))).isEqualTo("line3\n");
        });
    }

    @Test
    void readline_atTheEnd_returnsWhatIsLeftThenNothing() {
        Rig.run(rig -> {
            StreamReader reader = ended(rig, "some data");

            assertThat(text(reader.readline())).isEqualTo("some data");
            assertThat(reader.readline()).isEmpty();
        });
    }

    @Test
    void readline_ofExactlyTheLimit_isFine() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 7, "1234567\nabcdefgh\n");

            assertThat(text(reader.readline())).isEqualTo("1234567\n");
            assertThatThrownBy(reader::readline).isInstanceOf(IllegalArgumentException.class);
            assertThat(reader.buffered()).isZero();
        });
    }

    @Test
    void readline_overTheLimitWithItsEndThere_dropsThatLineAlone() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 3, "li", "ne1\nli", "ne2\n");

            assertThatThrownBy(reader::readline).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("chunk is longer than limit")
                    .hasCauseInstanceOf(LimitOverrunException.class);
            assertThat(text(reader.read(100))).isEqualTo("line2\n");
        });
    }

    @Test
    void readline_overTheLimitWithoutItsEnd_dropsAllThatIsThere() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 7);
            Task<byte[]> line = createTask(reader::readline);
            for (int i = 0; i < 3; i++) {
                rig.turns(1);
                reader.feedData(bytes("chunk"));
            }

            assertThatThrownBy(line::await).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("chunk exceed the limit");
            assertThat(text(reader.read(100))).as("fed after the line was given up")
                    .isEqualTo("chunk");
        });
    }

    @Test
    void readline_afterAnOverrun_goesOnWithTheNextLine() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 7, "chunk1\nchunk2xx\nchunk3\n");

            assertThat(text(reader.readline())).isEqualTo("chunk1\n");
            assertThatThrownBy(reader::readline).isInstanceOf(IllegalArgumentException.class);
            assertThat(text(reader.readline())).isEqualTo("chunk3\n");
        });
    }

    // ---- readuntil

    @Test
    void readuntil_withoutASeparator_isRejected() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "data");

            assertThatThrownBy(() -> reader.readuntil(new byte[0]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least one-byte");
            assertThatThrownBy(() -> reader.readuntil(all("A", "")))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(reader::readuntil)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least one element");
            assertThat(reader.buffered()).isEqualTo(4);
        });
    }

    @Test
    void readuntil_separatorSplitOverChunks_isFound() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "QWERTY", "AAA");
            Task<byte[]> read = createTask(() -> reader.readuntil(bytes("AAAAA")));
            rig.turns(1);
            reader.feedData(bytes("A"));
            rig.turns(1);
            reader.feedData(bytes("AB"));

            assertThat(text(read.await())).isEqualTo("QWERTYAAAAA");
            assertThat(text(reader.read(10))).isEqualTo("B");
        });
    }

    @Test
    void readuntil_oneByteAtATime_isFoundForEverySplit() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> read = createTask(() -> reader.readuntil(bytes("\r\n\r\n")));
            for (char c : "A: b\r\n\rC\r\n\r\n".toCharArray()) {
                assertThat(read.done()).isFalse();
                reader.feedData(new byte[] {(byte) c});
                rig.turns(2);
            }

            assertThat(text(read.await())).isEqualTo("A: b\r\n\rC\r\n\r\n");
        });
    }

    @Test
    void readuntil_severalSeparators_theOneThatEndsFirstCounts() {
        Rig.run(rig -> {
            // Ends:    AB at 4, CABE at 6: the shorter is not found later, it ends first.
            assertThat(text(reader(rig, "xxABCABE").readuntil(all("CABE", "AB"))))
                    .isEqualTo("xxAB");
            // The longer one ends first though the shorter one would begin first.
            assertThat(text(reader(rig, "aLONGER.b").readuntil(all("LONG", "b", "ONGER"))))
                    .isEqualTo("aLONG");
            assertThat(text(reader(rig, "line\r\nnext\n").readuntil(all("\n", "\r\n"))))
                    .isEqualTo("line\r\n");
        });
    }

    @Test
    void readuntil_severalEndTogether_theShorterCountsForTheLimit() {
        Rig.run(rig -> {
            // Before "\n" lie 6 bytes, before "\r\n" only 5.
            assertThat(text(reader(rig, 6, "12345\r\n").readuntil(all("\r\n", "\n"))))
                    .isEqualTo("12345\r\n");
            LimitOverrunException e = overrun(reader(rig, 5, "12345\r\n"), "\r\n", "\n");
            assertThat(e.consumed()).isEqualTo(6);
        });
    }

    @Test
    void readuntil_longSeparatorBesideAShortBuffer_searchesFromItsBeginning() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "data");
            Task<byte[]> read = createTask(
                    () -> reader.readuntil(all("A", "long sep")));
            rig.turns(1);
            reader.feedData(bytes("Z"));
            rig.turns(1);
            reader.feedData(bytes("A"));

            assertThat(text(read.await())).isEqualTo("dataZA");
        });
    }

    @Test
    void readuntil_theEndComesFirst_givesWhatThereWas() {
        Rig.run(rig -> {
            StreamReader reader = ended(rig, "some dataAA");

            IncompleteReadException e = incomplete(() -> reader.readuntil(bytes("AAA")));

            assertThat(text(e.partial())).isEqualTo("some dataAA");
            assertThat(e.expected()).isEmpty();
            assertThat(reader.buffered()).isZero();
            assertThat(reader.atEof()).isTrue();
        });
    }

    @Test
    void readuntil_overTheLimit_keepsTheBytesAndTellsHowManyMayBeSkipped() {
        Rig.run(rig -> {
            // The separator is there, behind too much.
            StreamReader found = reader(rig, 3, "some dataAA");
            assertThat(overrun(found, "AA").consumed()).isEqualTo(9);
            assertThat(overrun(found, "AA")).hasMessageContaining("found");
            assertThat(found.buffered()).isEqualTo(11);

            // It is not there; its first byte may be.
            StreamReader missing = reader(rig, 3, "some dataA");
            assertThat(overrun(missing, "AA").consumed()).isEqualTo(9);
            assertThat(text(missing.read(100))).isEqualTo("some dataA");

            // The longest separator counts when none is there.
            assertThat(overrun(reader(rig, 3, "some data"), "A", "AAAA").consumed()).isEqualTo(6);
        });
    }

    @Test
    void readuntil_ofExactlyTheLimit_isFine() {
        Rig.run(rig -> {
            assertThat(text(reader(rig, 4, "dataAA").readuntil(bytes("AA"))))
                    .isEqualTo("dataAA");
            assertThat(overrun(reader(rig, 3, "dataAA"), "AA").consumed()).isEqualTo(4);
        });
    }

    // ---- readexactly

    @Test
    void readexactly_overManyChunks_joinsThemWhateverTheLimit() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, 3, "line1\n");
            Task<byte[]> read = createTask(() -> reader.readexactly(15));
            for (String part : List.of("line2\n", "line3\n")) {
                rig.turns(1);
                reader.feedData(bytes(part));
            }

            assertThat(text(read.await())).isEqualTo("line1\nline2\nlin");
            assertThat(text(reader.read(10))).isEqualTo("e3\n");
        });
    }

    @Test
    void readexactly_theEndComesFirst_givesWhatThereWas() {
        Rig.run(rig -> {
            StreamReader reader = ended(rig, "short");

            IncompleteReadException e = incomplete(() -> reader.readexactly(9));

            assertThat(text(e.partial())).isEqualTo("short");
            assertThat(e.expected()).hasValue(9);
            assertThat(e).hasMessage("5 bytes read on a total of 9 expected bytes");
            assertThat(reader.buffered()).isZero();
        });
    }

    // ---- The end

    @Test
    void atEof_onlyWhenTheEndIsFedAndAllIsRead() throws Exception {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            assertThat(reader.atEof()).isFalse();
            reader.feedData(bytes("some data\n"));
            assertThat(reader.atEof()).isFalse();
            reader.feedEof();
            assertThat(reader.atEof()).isFalse();

            reader.readline();

            assertThat(reader.atEof()).isTrue();
        });
    }

    @Test
    void feedData_ofNothing_wakesNobody() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> read = createTask(() -> reader.read(10));
            rig.turns(2);

            reader.feedData(new byte[0]);
            rig.turns(2);

            assertThat(read.done()).isFalse();
            reader.feedData(bytes("x"));
            assertThat(text(read.await())).isEqualTo("x");
        });
    }

    @Test
    void feedData_afterTheEnd_isRejected() {
        Rig.run(rig -> {
            assertThatThrownBy(() -> ended(rig).feedData(bytes("x")))
                    .isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void feedData_theCallersArray_mayChangeAfterwards() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            byte[] mine = bytes("abc");
            reader.feedData(mine);

            Arrays.fill(mine, (byte) '!');

            assertThat(text(reader.read(3))).isEqualTo("abc");
        });
    }

    // ---- Failure

    @Test
    void setException_everyReadThrowsIt() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            IOException lost = new IOException("lost");
            reader.setException(lost);

            assertThat(reader.exception()).isSameAs(lost);
            assertThatThrownBy(() -> reader.read(2)).isSameAs(lost);
            assertThatThrownBy(() -> reader.readInto(new byte[2], 0, 2)).isSameAs(lost);
            assertThatThrownBy(reader::readAll).isSameAs(lost);
            assertThatThrownBy(reader::readline).isSameAs(lost);
            assertThatThrownBy(() -> reader.readexactly(2)).isSameAs(lost);
            assertThatThrownBy(() -> reader.readuntil(bytes("A"))).isSameAs(lost);
        });
    }

    @Test
    void setException_whatWasReceivedBefore_isReadFirst() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "line\nrest");
            IOException lost = new IOException("lost");
            reader.setException(lost);

            assertThat(text(reader.readline())).isEqualTo("line\n");
            assertThatThrownBy(reader::readline).isSameAs(lost);
            assertThat(text(reader.read(10))).isEqualTo("rest");
            assertThatThrownBy(() -> reader.read(10)).isSameAs(lost);
        });
    }

    @Test
    void setException_wakesTheReader() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            IOException lost = new IOException("lost");
            Task<byte[]> line = createTask(reader::readline);
            rig.turns(2);

            reader.setException(lost);

            assertThatThrownBy(line::await).isSameAs(lost);
        });
    }

    @Test
    void setException_afterTheReaderWasCancelled_isKept() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> line = createTask(reader::readline);
            rig.turns(2);
            line.cancel();

            reader.setException(new IOException("lost"));

            assertThatThrownBy(line::await).isInstanceOf(CancelledError.class);
            assertThatThrownBy(reader::readline).hasMessage("lost");
        });
    }

    // ---- One reader at a time

    @Test
    void read_whileAnotherTaskReads_failsAtOnceAndHarmsNobody() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> first = createTask(() -> reader.readexactly(4));
            rig.turns(2);

            for (Coroutine<?> second : List.<Coroutine<?>>of(() -> reader.read(3),
                    () -> reader.readInto(new byte[3], 0, 3), reader::readAll, reader::readline,
                    () -> reader.readuntil(bytes("A")), () -> reader.readexactly(2))) {
                assertThatThrownBy(second::run).isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("another coroutine is already waiting");
            }

            reader.feedData(bytes("data"));
            assertThat(text(first.await())).isEqualTo("data");
        });
    }

    @Test
    void read_whileAnotherTaskHasAPart_takesNothingOfIt() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig, "ab");
            Task<byte[]> first = createTask(() -> reader.readexactly(4));
            rig.turns(2);

            for (Coroutine<?> second : List.<Coroutine<?>>of(() -> reader.read(1),
                    () -> reader.readInto(new byte[1], 0, 1), () -> reader.readexactly(1),
                    () -> reader.readuntil(bytes("a")))) {
                assertThatThrownBy(second::run).isInstanceOf(IllegalStateException.class);
            }

            reader.feedData(bytes("cd"));
            assertThat(text(first.await())).isEqualTo("abcd");
        });
    }

    // ---- Cancellation

    @Test
    void read_cancelled_hasConsumedNothing() {
        Rig.run(rig -> {
            for (String verb : List.of("readexactly", "readline", "readuntil", "readAll")) {
                StreamReader reader = reader(rig, "ab");
                Task<byte[]> read = createTask(() -> switch (verb) {
                    case "readexactly" -> reader.readexactly(9);
                    case "readline" -> reader.readline();
                    case "readuntil" -> reader.readuntil(bytes("+"));
                    default -> reader.readAll();
                });
                rig.turns(2);
                reader.feedData(bytes("cd"));
                rig.turns(2);

                read.cancel();

                assertThatThrownBy(read::await).isInstanceOf(CancelledError.class);
                assertThat(text(reader.read(100))).as(verb).isEqualTo("abcd");
            }
        });
    }

    @Test
    void read_cancelledInTheTurnInWhichBytesCame_losesNone() {
        Rig.run(rig -> {
            StreamReader reader = reader(rig);
            Task<byte[]> read = createTask(() -> reader.read(100));
            rig.turns(2);

            reader.feedData(bytes("data"));
            read.cancel();

            assertThatThrownBy(read::await).isInstanceOf(CancelledError.class);
            assertThat(text(reader.read(100))).isEqualTo("data");
        });
    }

    // ---- Received from a socket

    @EachPoller
    void read_fromASocket_returnsWhatCameAndThenTheEnd(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                rig.loop.sockSendall(ends.server(), bytes("line1\nline2\nrest"));
                ends.server().shutdownOutput();

                assertThat(text(reader.readline())).isEqualTo("line1\n");
                assertThat(text(reader.readuntil(bytes("2\n")))).isEqualTo("line2\n");
                assertThat(reader.atEof()).isFalse();
                assertThat(text(reader.readexactly(4))).isEqualTo("rest");
                assertThat(reader.readline()).isEmpty();
                assertThat(reader.atEof()).isTrue();
                assertThat(reader.read(1)).isEmpty();
            }
        });
    }

    @EachNetwork
    void read_oneByteAtATimeFromThePeer_isIndependentOfTheChunks(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                ends.server().setNoDelay(true);
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                Task<List<String>> read = createTask(() -> List.of(text(reader.readline()),
                        text(reader.readexactly(3)), text(reader.readuntil(bytes("ab"))),
                        text(reader.readAll())));
                for (char c : "line\nabcxaabend".toCharArray()) {
                    rig.loop.sockSendall(ends.server(), new byte[] {(byte) c});
                    rig.turns(2);
                }
                ends.server().close();

                assertThat(read.await()).containsExactly("line\n", "abc", "xaab", "end");
            }
        });
    }

    @EachPoller
    void readexactly_aLotFromASocket_arrivesWhole(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                byte[] much = Rig.pattern(3_000_000);
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 10).reader();
                Task<Void> sending = createTask(
                        () -> rig.loop.sockSendall(ends.server(), much));

                byte[] head = reader.readexactly(1_000_001);
                byte[] tail = reader.readexactly(much.length - head.length);

                sending.await();
                assertThat(head).isEqualTo(Arrays.copyOf(much, head.length));
                assertThat(tail).isEqualTo(Arrays.copyOfRange(much, head.length, much.length));
            }
        });
    }

    @EachNetwork
    void read_afterAReset_throwsOnceWhatCameBeforeIsRead(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                rig.loop.sockSendall(ends.server(), bytes("one\ntwo"));
                assertThat(text(reader.readline())).isEqualTo("one\n");

                ends.server().setLinger(0);
                ends.server().close();

                assertThatThrownBy(reader::readline).isInstanceOf(
                        jloop.ConnectionResetException.class);
                assertThat(text(reader.read(10))).isEqualTo("two");
                assertThatThrownBy(() -> reader.read(10)).isSameAs(reader.exception());
            }
        });
    }

    @EachPoller
    void read_cancelledOnASocket_losesNothing(Rig.Kind kind) {
        Rig.run(kind, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                Task<byte[]> read = createTask(() -> reader.readexactly(8));
                rig.loop.sockSendall(ends.server(), bytes("1234"));
                rig.await("the first half", () -> reader.buffered() == 4);

                read.cancel();
                assertThatThrownBy(read::await).isInstanceOf(CancelledError.class);
                rig.loop.sockSendall(ends.server(), bytes("5678"));

                assertThat(text(reader.readexactly(8))).isEqualTo("12345678");
            }
        });
    }

    @EachNetwork
    void reads_thatThePeerCutsShort_giveWhatThereWas(Rig.Network network) {
        Rig.run(network, rig -> {
            for (boolean byCount : new boolean[] {true, false}) {
                try (Rig.Ends ends = rig.connect()) {
                    StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                    Task<byte[]> read = createTask(() ->
                            byCount ? reader.readexactly(9) : reader.readuntil(bytes("\n")));
                    rig.loop.sockSendall(ends.server(), bytes("short"));
                    rig.turns(3);
                    ends.server().close();

                    IncompleteReadException e = incomplete(() -> read.await());
                    assertThat(text(e.partial())).isEqualTo("short");
                }
            }
        });
    }

    @EachNetwork
    void readline_thatThePeerNeverEnds_keepsWhatCame(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                rig.loop.sockSendall(ends.server(), Rig.pattern(150));

                assertThatThrownBy(() -> reader.readuntil(bytes("no such end")))
                        .isInstanceOf(LimitOverrunException.class);
                assertThat(reader.readexactly(150)).isEqualTo(Rig.pattern(150));
            }
        });
    }

    @EachNetwork
    void read_secondReaderOfASocket_failsAtOnce(Rig.Network network) {
        Rig.run(network, rig -> {
            try (Rig.Ends ends = rig.connect()) {
                StreamReader reader = Streams.pair(rig.loop, ends.client(), 100).reader();
                Task<byte[]> first = createTask(reader::readline);
                rig.turns(2);

                assertThatThrownBy(() -> reader.read(1))
                        .isInstanceOf(IllegalStateException.class);
                rig.loop.sockSendall(ends.server(), bytes("mine\n"));

                assertThat(text(first.await())).isEqualTo("mine\n");
            }
        });
    }

    // ---- As an InputStream

    @Test
    void asInputStream_readsWhatTheReaderWouldRead() {
        Rig.run(rig -> {
            InputStream in = ended(rig, "abcde\u00ff").asInputStream();

            assertThat(in.available()).isEqualTo(6);
            assertThat(in.read()).isEqualTo('a');
            assertThat(text(in.readNBytes(3))).isEqualTo("bcd");
            assertThat(in.skip(1)).isEqualTo(1);
            assertThat(in.read()).isEqualTo(0xff);
            assertThat(in.read()).isEqualTo(-1);
            assertThat(in.read(new byte[3])).isEqualTo(-1);
            assertThatCode(in::close).doesNotThrowAnyException();
        });
    }

    // ---- In words

    @Test
    void toString_tellsWhatIsUnusual() {
        Rig.run(rig -> {
            assertThat(reader(rig)).hasToString("<StreamReader 0 bytes>");
            assertThat(ended(rig, "data")).hasToString("<StreamReader 4 bytes eof>");
            assertThat(reader(rig, 123)).hasToString("<StreamReader 0 bytes limit=123>");
            StreamReader failed = reader(rig);
            failed.setException(new IOException("lost"));
            assertThat(failed.toString()).contains("exception=java.io.IOException: lost");
        });
    }
}

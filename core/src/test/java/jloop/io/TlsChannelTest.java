package jloop.io;

import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import jloop.ConnectionResetException;
import jloop.Rig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Two ends joined in memory.
class TlsChannelTest {

    private static final String TLS12 = "TLSv1.2";
    private static final String TLS13 = "TLSv1.3";

    /// One end, and what it has sent that the other was not fed yet.
    private static final class End {

        final TlsChannel channel;
        final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private int sends;
        private boolean shaken;

        End(TlsSide side) {
            this(side, null);
        }

        End(TlsSide side, @Nullable End below) {
            channel = new TlsChannel(side, below == null ? null : below.channel);
        }

        void send(byte[] bytes, int offset, int length) {
            sends++;
            sent.write(bytes, offset, length);
        }

        byte[] takeSent() {
            byte[] taken = sent.toByteArray();
            sent.reset();
            return taken;
        }

        boolean shakeHands() throws IOException {
            while (!shaken) {
                ByteArrayOutputStream flight = new ByteArrayOutputStream();
                try {
                    shaken = channel.shakeHands(flight::write);
                } finally {
                    channel.pass(flight.toByteArray(), this::send);
                }
                if (shaken) channel.open();
                else if (!channel.pull(this::send)) break;
            }
            return shaken;
        }

        void write(byte[] plain) throws IOException {
            channel.write(plain, 0, plain.length, this::send);
        }

        byte[] read() throws IOException {
            return channel.read(this::send);
        }

        /// All that can be decrypted.
        byte[] readAll() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (byte[] part; (part = read()) != null && part.length > 0; ) all.writeBytes(part);
            return all.toByteArray();
        }

        void close() throws IOException {
            channel.close(this::send);
        }

        /// Begins another handshake; in TLS 1.3 that is a new key.
        void beginAnother() throws IOException {
            SSLEngine engine = channel.engine();
            engine.beginHandshake();
            ByteBuffer record = ByteBuffer.allocate(20_000);
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK)
                engine.getDelegatedTask().run();
            engine.wrap(ByteBuffer.allocate(0), record);
            send(record.array(), 0, record.position());
        }
    }

    private record Ends(End client, End server) {

        static Ends of(String protocol) {
            return of(protocol, "server", UnaryOperator.identity());
        }

        static Ends of(String protocol, String key, UnaryOperator<TlsOptions> clientOptions) {
            return new Ends(
                    new End(client(protocol, clientOptions)), new End(server(protocol, key)));
        }

        static Ends joined(String protocol) throws IOException {
            Ends ends = of(protocol);
            ends.join();
            return ends;
        }

        /// Within `outer`.
        static Ends within(Ends outer, String protocol) {
            return new Ends(
                    new End(client(protocol, UnaryOperator.identity()), outer.client),
                    new End(server(protocol, "rsa"), outer.server));
        }

        private static TlsSide client(String protocol, UnaryOperator<TlsOptions> options) {
            return TlsSide.client(options.apply(TlsOptions.DEFAULT
                    .withContext(TestKeys.context(protocol, null))), "localhost");
        }

        private static TlsSide server(String protocol, String key) {
            return TlsSide.server(
                    TlsOptions.DEFAULT.withContext(TestKeys.context(protocol, key)));
        }

        void join() throws IOException {
            join(Integer.MAX_VALUE);
        }

        /// Feeds at most `piece` bytes at a time.
        void join(int piece) throws IOException {
            boolean over = false;
            while (!over) {
                over = client.shakeHands();
                carry(client, server, piece);
                over &= server.shakeHands();
                carry(server, client, piece);
            }
        }

        private void carry(End from, End to, int piece) throws IOException {
            byte[] bytes = from.takeSent();
            for (int at = 0; at < bytes.length; at += piece) {
                to.channel.feed(Arrays.copyOfRange(
                        bytes, at, (int) Math.min(bytes.length, (long) at + piece)));
                to.shakeHands();
            }
        }

        void toServer() throws IOException {
            carry(client, server, Integer.MAX_VALUE);
        }

        void toClient() throws IOException {
            carry(server, client, Integer.MAX_VALUE);
        }
    }

    // ---- The handshake

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void handshake_ofTwoEnds_opensBoth(String protocol) throws IOException {
        Ends ends = Ends.of(protocol);
        assertThat(ends.client.channel.isOpen()).isFalse();

        ends.join();

        assertThat(ends.client.channel.isOpen()).isTrue();
        assertThat(ends.server.channel.isOpen()).isTrue();
        assertThat(ends.client.channel.info("tls_version")).isEqualTo(protocol);
        assertThat(Objects.toString(ends.client.channel.info("peercert"))).contains("localhost");
        assertThat(ends.server.channel.info("peercert")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void handshake_byteByByte_comesToTheSame(String protocol) throws IOException {
        Ends ends = Ends.of(protocol);

        ends.join(1);
        ends.client.write(bytes("hello"));
        ends.toServer();

        assertThat(text(ends.server.readAll())).isEqualTo("hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void handshake_cutOffAnywhere_isALostConnection(String protocol) throws IOException {
        Ends whole = Ends.of(protocol);
        whole.client.shakeHands();
        whole.toServer();
        whole.server.shakeHands();
        byte[] flight = whole.server.takeSent();

        for (int length = 0; length < flight.length; length += 97) {
            Ends ends = Ends.of(protocol);
            ends.client.shakeHands();
            if (length > 0) ends.client.channel.feed(Arrays.copyOf(flight, length));
            ends.client.channel.feed(new byte[0]);

            Throwable thrown = catchThrowable(ends.client::shakeHands);
            // The flight answers another hello: what is whole of it may be found wrong first.
            assertThat(thrown).as("after " + length).isInstanceOf(IOException.class);
            if (length < 5)
                assertThat(thrown).isInstanceOf(ConnectionResetException.class)
                        .hasMessageContaining("lost in the handshake");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "hello\r\n"})
    void handshake_withGarbage_saysThatItIsNoTls(String garbage) throws IOException {
        End server = Ends.of(TLS13).server;
        server.shakeHands();
        server.channel.feed(bytes(garbage));

        assertThatThrownBy(server::shakeHands).isInstanceOf(SSLException.class)
                .hasMessageMatching("Un.*recognized SSL message.*");
        assertThat(server.channel.isOpen()).isFalse();
        assertThat(server.takeSent()).as("an alert").hasSize(7).startsWith(21);
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void handshake_withACertificateForAnotherName_failsAndTellsThePeer(String protocol) {
        Ends ends = Ends.of(protocol, "other", UnaryOperator.identity());

        assertThatThrownBy(ends::join).isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("No subject alternative DNS name matching localhost");
        assertThatThrownBy(() -> {
            ends.toServer();
            ends.server.shakeHands();
        }).isInstanceOf(SSLHandshakeException.class).hasMessageContaining("certificate_unknown");
    }

    @Test
    void handshake_ofAnyName_takesThatCertificate() throws IOException {
        Ends ends = Ends.of(TLS13, "other", options -> options.withServerHostname(""));

        ends.join();

        assertThat(ends.client.channel.isOpen()).isTrue();
    }

    @Test
    void handshake_withoutCommonVersion_failsAtBothEnds() throws IOException {
        Ends ends = Ends.of(TLS13, "server", options -> options.withParameters(
                set -> set.setProtocols(new String[] {TLS12})));
        End strict = new End(TlsSide.server(TlsOptions.DEFAULT
                .withContext(TestKeys.context("server"))
                .withParameters(set -> set.setProtocols(new String[] {TLS13}))));
        Ends mixed = new Ends(ends.client, strict);

        assertThatThrownBy(mixed::join).isInstanceOf(SSLHandshakeException.class);
        assertThatThrownBy(() -> {
            mixed.toClient();
            mixed.client.shakeHands();
        }).isInstanceOf(SSLHandshakeException.class).hasMessageContaining("protocol_version");
    }

    @ParameterizedTest
    @CsvSource({"localhost, localhost", "127.0.0.1,", "'',"})
    void handshake_withAName_tellsItTheServerUnlessItIsAnAddress(
            String name, @Nullable String told) throws IOException {
        Ends ends = Ends.of(TLS13, "server", options -> options.withServerHostname(name));

        ends.join();

        ExtendedSSLSession session = (ExtendedSSLSession) Objects.requireNonNull(
                ends.server.channel.info("ssl_session"));
        assertThat(session.getRequestedServerNames()).isEqualTo(
                told == null ? List.of() : List.of(new SNIHostName(told)));
    }

    @Test
    void handshake_withANameThatTheServerDoesNotHave_fails() {
        TlsSide other = TlsSide.server(TlsOptions.DEFAULT
                .withContext(TestKeys.context("server"))
                .withParameters(set -> set.setSNIMatchers(
                        List.of(SNIHostName.createSNIMatcher("other\\.example")))));
        Ends ends = new Ends(Ends.of(TLS13).client, new End(other));

        assertThatThrownBy(ends::join).isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("Unrecognized server name indication");
    }

    @Test
    void info_beforeTheHandshake_isTheContextAlone() throws IOException {
        Ends ends = Ends.of(TLS13);

        assertThat(ends.client.channel.info("sslcontext")).isInstanceOf(SSLContext.class);
        for (String name : List.of("ssl_object", "ssl_session", "peercert", "cipher")) {
            assertThat(ends.client.channel.info(name)).as(name).isNull();
        }
        ends.join();
        assertThat(ends.client.channel.info("ssl_object"))
                .isSameAs(ends.client.channel.engine());
        assertThat(ends.client.channel.info("compression")).isNull();
    }

    // ---- TLS within TLS

    @ParameterizedTest
    @CsvSource({"TLSv1.3, TLSv1.3", "TLSv1.2, TLSv1.3", "TLSv1.3, TLSv1.2"})
    void handshake_withinAnother_opensTheInnerOne(String outer, String inner)
            throws IOException {
        Ends below = Ends.joined(outer);
        Ends ends = Ends.within(below, inner);
        byte[] sent = Rig.pattern(100_000);

        ends.join();
        ends.client.write(sent);
        ends.toServer();

        assertThat(ends.server.readAll()).isEqualTo(sent);
        assertThat(ends.client.channel.info("tls_version")).isEqualTo(inner);
        assertThat(below.client.channel.info("tls_version")).isEqualTo(outer);
    }

    @Test
    void handshake_withinAnother_takesWhatCameBefore() throws IOException {
        Ends below = Ends.joined(TLS13);
        below.client.write(bytes("go"));
        below.toServer();
        End client = Ends.within(below, TLS13).client;
        client.shakeHands();
        below.server.channel.feed(client.takeSent());
        assertThat(text(below.server.read())).isEqualTo("go");

        Ends ends = new Ends(client, Ends.within(below, TLS13).server);
        assertThat(ends.server.channel.hasReceived()).isTrue();
        ends.join();

        assertThat(ends.server.channel.isOpen()).isTrue();
    }

    @Test
    void close_withinAnother_leavesTheOuterOneOpen() throws IOException {
        Ends below = Ends.joined(TLS13);
        Ends ends = Ends.within(below, TLS13);
        ends.join();

        ends.client.close();
        ends.toServer();

        assertThat(ends.server.read()).isEmpty();
        below.client.write(bytes("plain again"));
        below.toServer();
        assertThat(text(below.server.readAll())).isEqualTo("plain again");
    }

    @Test
    void read_withinAnotherThatEnds_isTruncated() throws IOException {
        Ends below = Ends.joined(TLS13);
        Ends ends = Ends.within(below, TLS13);
        ends.join();

        below.client.close();
        below.toServer();

        assertThatThrownBy(ends.server::read).isInstanceOf(TruncatedException.class);
    }

    // ---- Bytes

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 16_384, 16_385, 100_000, 1_000_000})
    void write_ofAnySize_arrivesInOneSend(int size) throws IOException {
        Ends ends = Ends.joined(TLS13);
        byte[] sent = Rig.pattern(size);
        ends.client.sends = 0;

        ends.client.write(sent);
        ends.toServer();

        assertThat(ends.client.sends).isEqualTo(1);
        assertThat(ends.server.readAll()).isEqualTo(sent);
        assertThat(ends.server.read()).as("more is needed").isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void read_ofRecordsInPieces_givesThemWhole(String protocol) throws IOException {
        Ends ends = Ends.joined(protocol);
        ends.client.write(bytes("one"));
        ends.client.write(bytes("two"));
        byte[] records = ends.client.takeSent();

        for (int cut = 0; cut < records.length; cut++) {
            Ends again = Ends.joined(protocol);
            again.client.write(bytes("one"));
            again.client.write(bytes("two"));
            byte[] both = again.client.takeSent();
            again.server.channel.feed(Arrays.copyOf(both, cut + 1));
            String first = text(again.server.readAll());
            if (cut + 1 < both.length)
                again.server.channel.feed(Arrays.copyOfRange(both, cut + 1, both.length));
            assertThat(first + text(again.server.readAll())).as("cut at " + cut)
                    .isEqualTo("onetwo");
            if (cut > 8) cut += 6;
        }
    }

    @Test
    void read_ofACorruptedRecord_failsAndTellsThePeer() throws IOException {
        Ends ends = Ends.joined(TLS13);
        ends.client.write(bytes("hello"));
        byte[] record = ends.client.takeSent();
        record[record.length - 1] ^= 1;
        ends.server.channel.feed(record);

        assertThatThrownBy(ends.server::read).isInstanceOf(SSLException.class);
        ends.toClient();
        assertThatThrownBy(ends.client::read).isInstanceOf(SSLException.class)
                .hasMessageContaining("bad_record_mac");
    }

    @Test
    void read_ofManyRecordsWithoutData_givesUp() throws IOException {
        Ends ends = Ends.joined(TLS13);
        for (int i = 0; i < 40; i++) ends.client.beginAnother();
        ends.toServer();

        assertThatThrownBy(ends.server::read).isInstanceOf(SSLException.class)
                .hasMessageContaining("more than 32 records without data");
    }

    @Test
    void read_ofANewKey_answersAndGoesOn() throws IOException {
        Ends ends = Ends.joined(TLS13);
        ends.client.beginAnother();
        ends.client.write(bytes("by the new key"));
        ends.toServer();

        assertThat(text(ends.server.readAll())).isEqualTo("by the new key");
        ends.server.write(bytes("me too"));
        ends.toClient();
        assertThat(text(ends.client.readAll())).isEqualTo("me too");
    }

    /// As when the JDK finds that a key has been used for long enough.
    @Test
    void read_whileANewKeyOfOursIsDue_losesNothing() throws IOException {
        Ends ends = Ends.joined(TLS13);
        ends.server.channel.engine().beginHandshake();
        ends.client.write(bytes("by the old key"));
        ends.toServer();

        assertThat(text(ends.server.read())).isEqualTo("by the old key");
        assertThat(ends.server.sent.size()).as("the new key").isPositive();
        ends.toClient();
        assertThat(ends.client.read()).isNull();
        ends.client.write(bytes("by the new one"));
        ends.toServer();
        assertThat(text(ends.server.readAll())).isEqualTo("by the new one");
    }

    @Test
    void read_ofARenegotiation_refusesIt() throws IOException {
        Ends ends = Ends.joined(TLS12);
        ends.client.beginAnother();
        ends.toServer();

        assertThatThrownBy(ends.server::read).isInstanceOf(SSLException.class)
                .hasMessage("the peer wants to renegotiate, which is refused");
        assertThat(ends.server.channel.isOpen()).isFalse();
    }

    @Test
    void read_ofARequestToRenegotiate_refusesIt() throws IOException {
        Ends ends = Ends.joined(TLS12);
        ends.server.beginAnother();
        ends.toClient();

        assertThatThrownBy(ends.client::read).isInstanceOf(SSLException.class)
                .hasMessage("the peer wants to renegotiate, which is refused");
    }

    // ---- The end

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void close_isAnOrderlyEndAndIsAnswered(String protocol) throws IOException {
        Ends ends = Ends.joined(protocol);
        ends.client.write(bytes("last words"));
        ends.client.close();
        ends.toServer();

        assertThat(text(ends.server.read())).isEqualTo("last words");
        assertThat(ends.server.read()).isEmpty();
        assertThat(ends.server.read()).as("again").isEmpty();
        ends.server.close();
        ends.server.close();
        ends.toClient();
        assertThat(ends.client.read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void close_withBytesOnTheirWayToUs_stillReadsThem(String protocol) throws IOException {
        Ends ends = Ends.joined(protocol);
        ends.server.write(bytes("on the way"));
        ends.client.close();
        ends.toClient();

        assertThat(text(ends.client.read())).isEqualTo("on the way");
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void read_atAnEndWithoutFarewell_isTruncated(String protocol) throws IOException {
        Ends ends = Ends.joined(protocol);
        ends.client.write(bytes("all there"));
        ends.client.write(bytes("cut"));
        byte[] records = ends.client.takeSent();
        ends.server.channel.feed(Arrays.copyOf(records, records.length - 1));
        ends.server.channel.feed(new byte[0]);

        assertThat(text(ends.server.read())).isEqualTo("all there");
        assertThatThrownBy(ends.server::read).isInstanceOf(TruncatedException.class)
                .hasMessageContaining("without close_notify");
    }

    @Test
    void read_atAnEndWithoutFarewellThatMayBe_isTheEnd() throws IOException {
        Ends ends = Ends.of(TLS13, "server", options -> options.withSuppressRaggedEofs(true));
        ends.join();
        ends.client.channel.feed(new byte[0]);

        assertThat(ends.client.read()).isEmpty();
    }

    @Test
    void write_afterTheEnd_fails() throws IOException {
        Ends ends = Ends.joined(TLS13);
        ends.client.close();

        assertThatThrownBy(() -> ends.client.write(bytes("late")))
                .isInstanceOf(SSLException.class).hasMessageContaining("closed for writing");
    }

    // ---- Sides

    @Test
    void server_withoutContextOrWithAName_isRejected() {
        assertThatThrownBy(() -> TlsSide.server(TlsOptions.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SSLContext");
        assertThatThrownBy(() -> TlsSide.server(TlsOptions.DEFAULT
                .withContext(TestKeys.context("server")).withServerHostname("localhost")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("for clients");
    }

    @Test
    void client_ofNobodyInParticular_isRejected() {
        assertThatThrownBy(() -> TlsSide.client(TlsOptions.DEFAULT, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("serverHostname is needed");
    }

    @Test
    void options_withATimeoutOfZeroOrLess_areRejected() {
        for (int seconds : new int[] {0, -10}) {
            java.time.Duration timeout = java.time.Duration.ofSeconds(seconds);
            assertThatThrownBy(() -> TlsOptions.DEFAULT.withHandshakeTimeout(timeout))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("handshakeTimeout must be more than zero, not " + timeout);
            assertThatThrownBy(() -> TlsOptions.DEFAULT.withShutdownTimeout(timeout))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("shutdownTimeout must be more than zero, not " + timeout);
        }
    }
}

package jloop.io;

import static jloop.Asyncio.createServer;
import static jloop.Asyncio.createTask;
import static jloop.Asyncio.openConnection;
import static jloop.Asyncio.startServer;
import static jloop.Rig.ask;
import static jloop.Rig.bytes;
import static jloop.Rig.text;
import static jloop.io.TlsStreamsTest.virtually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.security.Provider;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import jloop.Rig;
import jloop.Socket;
import jloop.Task;
import jloop.io.TracingProtocol.Echo;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// TLS by another provider than the JDK's, at either end and at both.
class TlsProvidersTest {

    private static final String HERE = "127.0.0.1";
    private static final Provider CONSCRYPT = provider("org.conscrypt.OpenSSLProvider");

    private static Provider provider(String name) {
        try {
            return (Provider) Class.forName(name).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private enum Vendor {
        JDK, CONSCRYPT;

        SSLContext context(String protocol, @Nullable String key) {
            return this == JDK ? TestKeys.context(protocol, key)
                    : TestKeys.context(TlsProvidersTest.CONSCRYPT, protocol, key);
        }
    }

    /// Who is at which end, and what they speak.
    private record Ends(Vendor client, Vendor server, String protocol) {

        Server serve(ConnectionHandler handler, UnaryOperator<TlsOptions> options)
                throws IOException {
            return startServer(handler, HERE, 0,
                    o -> o.withTls(server.context("TLS", "server"), options));
        }

        Server serve(ConnectionHandler handler) throws IOException {
            return serve(handler, UnaryOperator.identity());
        }

        StreamPair open(Server server, UnaryOperator<TlsOptions> options) throws IOException {
            return openConnection(HERE, server.port(), o -> o.withTls(t -> options.apply(
                    t.withContext(clientContext(null)).withServerHostname("localhost"))));
        }

        StreamPair open(Server server) throws IOException {
            return open(server, UnaryOperator.identity());
        }

        SSLContext clientContext(@Nullable String key) {
            return client.context(protocol, key);
        }
    }

    static Stream<Ends> ends() {
        return Stream.of("TLSv1.2", "TLSv1.3").flatMap(protocol -> Stream.of(
                new Ends(Vendor.JDK, Vendor.CONSCRYPT, protocol),
                new Ends(Vendor.CONSCRYPT, Vendor.JDK, protocol),
                new Ends(Vendor.CONSCRYPT, Vendor.CONSCRYPT, protocol)));
    }

    private static void end(StreamPair pair, Server server) throws IOException {
        pair.close();
        pair.writer().waitClosed();
        end(server);
    }

    private static void end(Server server) {
        server.close();
        server.waitClosed();
    }

    @ParameterizedTest
    @MethodSource("ends")
    void echo_ofMegabytes_isWholeAndEndsInOrder(Ends ends) {
        byte[] much = Rig.pattern(1_000_000);
        virtually(_ -> {
            List<@Nullable Object> seen = new ArrayList<>();
            Server server = ends.serve((reader, writer) -> {
                seen.add(writer.getExtraInfo("alpn_protocol"));
                ExtendedSSLSession session = (ExtendedSSLSession) Objects.requireNonNull(
                        writer.getExtraInfo("ssl_session"));
                seen.addAll(session.getRequestedServerNames());
                for (byte[] some; (some = reader.read(100_000)).length > 0; ) {
                    writer.write(some);
                    writer.drain();
                }
                seen.add("in order");
            }, t -> t.withAlpn("b", "c"));
            StreamPair pair = ends.open(server, t -> t.withAlpn("a", "b"));

            Task<byte[]> received = createTask(() -> pair.reader().readexactly(much.length));
            pair.writer().write(much);

            assertThat(received.await()).isEqualTo(much);
            assertThat(pair.writer().getExtraInfo("alpn_protocol")).isEqualTo("b");
            assertThat(pair.writer().getExtraInfo("tls_version")).isEqualTo(ends.protocol);
            end(pair, server);
            assertThat(seen).containsExactly("b", new SNIHostName("localhost"), "in order");
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void close_byTheServer_isReadAfterAllElse(Ends ends) {
        byte[] much = Rig.pattern(300_000);
        virtually(_ -> {
            Server server = ends.serve((_, writer) -> writer.write(much));
            StreamPair pair = ends.open(server);

            assertThat(pair.reader().readAll()).isEqualTo(much);

            pair.writer().waitClosed();
            end(server);
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void createServer_withProtocols_echoes(Ends ends) {
        virtually(rig -> {
            Server server = createServer(Echo::new, HERE, 0,
                    o -> o.withTls(ends.server.context("TLS", "server")));
            StreamPair pair = ends.open(server);

            assertThat(ask(pair, "hello")).isEqualTo("hello");

            end(pair, server);
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void certificate_ofTheClient_isSeenAndNeeded(Ends ends) {
        virtually(_ -> {
            Server server = ends.serve((reader, writer) -> {
                X509Certificate peer = (X509Certificate) Objects.requireNonNull(
                        writer.getExtraInfo("peercert"));
                writer.write(bytes(peer.getSubjectX500Principal().getName() + " says "));
                writer.write(reader.readline());
            }, TlsOptions::withNeedClientAuth);
            StreamPair pair = ends.open(server,
                    t -> t.withContext(ends.clientContext("client")));

            assertThat(ask(pair, "hello")).isEqualTo("CN=someone says hello");
            assertThatThrownBy(() -> ask(ends.open(server), "hello"))
                    .isInstanceOf(SSLException.class);

            end(pair, server);
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void certificate_forAnotherName_isRefused(Ends ends) {
        virtually(_ -> {
            Server server = startServer((reader, _) -> reader.readAll(), HERE, 0,
                    o -> o.withTls(ends.server.context("TLS", "other")));

            assertThatThrownBy(() -> ends.open(server))
                    .isInstanceOf(SSLHandshakeException.class);
            StreamPair pair = ends.open(server, t -> t.withServerHostname(""));

            end(pair, server);
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void end_withoutFarewell_isTruncated(Ends ends) {
        virtually(_ -> {
            Server server = ends.serve((reader, writer) -> {
                writer.write(bytes("half of "));
                reader.readline();
                socket(writer).shutdownOutput();
                reader.readAll();
            }, t -> t.withSuppressRaggedEofs(true));
            StreamPair pair = ends.open(server);
            assertThat(text(pair.reader().read(100))).isEqualTo("half of ");
            pair.writer().write(bytes("\n"));

            assertThatThrownBy(() -> pair.reader().read(1))
                    .isInstanceOf(TruncatedException.class);

            end(server);
        });
    }

    private static Socket socket(StreamWriter writer) {
        return (Socket) Objects.requireNonNull(writer.getExtraInfo("socket"));
    }

    /// In the middle of a connection; before TLS 1.3 that is another handshake.
    @ParameterizedTest
    @MethodSource("ends")
    void newKey_ofTheServer_isTakenOrRefused(Ends ends) {
        virtually(_ -> {
            Server server = ends.serve((reader, writer) -> {
                SSLEngine engine = (SSLEngine) Objects.requireNonNull(
                        writer.getExtraInfo("ssl_object"));
                writer.write(reader.readline());
                engine.beginHandshake();
                writer.write(reader.readline());
            });
            StreamPair pair = ends.open(server);
            assertThat(ask(pair, "hello")).isEqualTo("hello");

            if (ends.protocol.equals("TLSv1.2") && ends.server == Vendor.JDK)
                assertThatThrownBy(() -> ask(pair, "again")).isInstanceOf(SSLException.class);
            else
                assertThat(ask(pair, "again")).isEqualTo("again");

            pair.close();
            end(server);
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void read_ofGarbage_fails(Ends ends) {
        virtually(_ -> {
            Server server = startServer((reader, writer) -> {
                reader.read(1);
                writer.write(bytes("220 this is not TLS\r\n"));
            }, HERE, 0);

            assertThatThrownBy(() -> ends.open(server)).isInstanceOf(SSLException.class);

            end(server);
        });
    }

    @ParameterizedTest
    @MethodSource("ends")
    void startTls_withinTls_goesOnInside(Ends ends) {
        virtually(_ -> {
            Server server = ends.serve((reader, writer) -> {
                writer.startTls(ends.server.context("TLS", "rsa"));
                writer.write(reader.readline());
                assertThat(reader.read(1)).isEmpty();
            });
            StreamPair pair = ends.open(server);

            pair.writer().startTls(
                    ends.clientContext(null), t -> t.withServerHostname("localhost"));

            assertThat(ask(pair, "hello")).isEqualTo("hello");
            end(pair, server);
        });
    }
}

package jloop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsClientTest {

    @TempDir
    private static Path folder;

    private static String keys;

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = key(folder.resolve("keys"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"streams", "protocol", "buffered"})
    void client_ofTheEchoServer_trustsItsKeyAlone(String way) throws Exception {
        try (var server = Example.start("EchoServer", "0", way, "tls", keys)) {
            var port = Integer.toString(server.port("Listening"));

            assertThat(Example.run("TlsClient", "localhost", port, keys, "hello", "world"))
                    .isEqualTo("""
                            Talking TLSv1.3 to CN=localhost
                            hello
                            world
                            """);
            assertThat(Example.run("TlsClient", "localhost", port, "-", "hello"))
                    .startsWith("No connection: ").contains("certification path");

            server.interrupt();
            assertThat(server.rest()).isEqualTo("Stopped\n");
        }
    }

    private static String key(Path file) throws Exception {
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        var making = new ProcessBuilder(keytool.toString(), "-genkeypair", "-keyalg", "EC",
                "-dname", "CN=localhost", "-ext", "san=dns:localhost",
                "-keystore", file.toString(), "-storepass", "changeit").inheritIO().start();
        assertThat(making.waitFor()).isZero();
        return file.toString();
    }
}

package jloop.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebServerTest {

    private static final int IDLE_SECONDS = 3;
    private static final int TIMEOUT_MILLIS = 30_000;
    private static final int MEGABYTE = 1024 * 1024;

    @TempDir
    static Path folder;

    static Path www;
    static Example server;
    static int port;

    @BeforeAll
    static void start() throws Exception {
        www = Files.createDirectory(folder.resolve("www"));
        Files.writeString(www.resolve("index.html"), "<h1>root</h1>\n");
        Files.writeString(Files.createDirectory(www.resolve("sub")).resolve("index.html"),
                "<h1>sub</h1>\n");
        Files.createDirectory(www.resolve("empty"));
        Files.writeString(www.resolve("a b.txt"), "spaced\n");
        Files.writeString(folder.resolve("secret.txt"), "secret\n");
        Files.writeString(Files.createDirectory(folder.resolve("www-other")).resolve("x.txt"),
                "secret\n");
        Files.createSymbolicLink(www.resolve("out.txt"), folder.resolve("secret.txt"));
        Files.createSymbolicLink(www.resolve("outside"), folder);
        Files.createSymbolicLink(www.resolve("inside.txt"), Path.of("a b.txt"));
        random("0", 0);
        random("1", 1);
        random("1k", 1024);
        random("64k", 64 * 1024);
        random("64k+1", 64 * 1024 + 1);
        random("100k", 100 * 1024);
        random("200m", 200 * MEGABYTE);
        server = Example.start("WebServer", www.toString(), "0", "" + IDLE_SECONDS);
        port = server.port("Serving");
    }

    @AfterAll
    static void stop() throws Exception {
        try (var ending = server) {
            ending.interrupt();
            assertThat(ending.rest()).as("no exception was reported").isEqualTo("Stopped\n");
        }
    }

    /// A file of so many bytes: random up to 1 MiB, beyond that random in places, with holes.
    private static void random(String name, int sizeBytes) throws IOException {
        var random = new Random(sizeBytes);
        try (var file = new RandomAccessFile(www.resolve(name + ".bin").toFile(), "rw")) {
            file.setLength(sizeBytes);
            var block = new byte[Math.min(sizeBytes, MEGABYTE)];
            for (long at = 0; at + block.length <= sizeBytes; at += 16L * MEGABYTE) {
                random.nextBytes(block);
                file.seek(at);
                file.write(block);
            }
        }
    }

    // ---- Content

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "1k", "64k", "64k+1", "100k"})
    void get_file_isByteIdentical(String name) throws Exception {
        var file = www.resolve(name + ".bin");
        try (var client = new Client()) {
            var response = client.get("/" + name + ".bin");

            assertThat(response.status).isEqualTo(200);
            assertThat(response.body).isEqualTo(Files.readAllBytes(file));
        }
    }

    @Test
    void get_200MegabytesByCurl_isByteIdentical() throws Exception {
        checkInstalled("curl");
        var curl = new ProcessBuilder("curl", "-sS", "--fail", url("/200m.bin"))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var received = curl.getInputStream();
                var file = Files.newInputStream(www.resolve("200m.bin"))) {
            assertSame(received, file);
            assertThat(curl.waitFor()).isZero();
        } finally {
            curl.destroyForcibly().waitFor();
        }
    }

    private static void assertSame(InputStream actual, InputStream expected) throws IOException {
        var a = new byte[MEGABYTE];
        var b = new byte[MEGABYTE];
        int count;
        long at = 0;
        do {
            count = actual.readNBytes(a, 0, a.length);
            int wanted = expected.readNBytes(b, 0, b.length);
            if (count != wanted || !Arrays.equals(a, 0, count, b, 0, count))
                throw new AssertionError("different from byte " + at + " on");
            at += count;
        } while (count > 0);
    }

    @Test
    void get_whileAnotherReadsSlowly_isAnswered() throws Exception {
        try (var slow = new Client(); var client = new Client()) {
            slow.send("GET /200m.bin HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(slow.in.readNBytes(1000)).hasSize(1000);     // and no more

            for (int i = 0; i < 20; i++) assertThat(client.get("/1.bin").status).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/,                    <h1>root</h1>",
        "/?a=b,                <h1>root</h1>",
        "/index.html,          <h1>root</h1>",
        "/sub/,                <h1>sub</h1>",
        "/sub/../index.html,   <h1>root</h1>",
        "/%73ub/index.html,    <h1>sub</h1>",
        "/a%20b.txt,           spaced",
        "/inside.txt,          spaced",
        "http://host/a%20b.txt, spaced",
    })
    void get_path_findsTheFile(String path, String content) throws Exception {
        try (var client = new Client()) {
            var response = client.get(path);

            assertThat(response.status).isEqualTo(200);
            assertThat(response.text()).isEqualTo(content + "\n");
        }
    }

    @Test
    void get_folderWithoutSlash_redirects() throws Exception {
        try (var client = new Client()) {
            var response = client.get("/sub");

            assertThat(response.status).isEqualTo(301);
            assertThat(response.headers).containsEntry("location", "/sub/");
        }
    }

    @Test
    void get_contentTypes_followTheExtension() throws Exception {
        try (var client = new Client()) {
            assertThat(client.get("/").headers)
                    .containsEntry("content-type", "text/html; charset=utf-8")
                    .containsKeys("date", "last-modified");
            assertThat(client.get("/1.bin").headers)
                    .containsEntry("content-type", "application/octet-stream");
        }
    }

    @Test
    void head_file_hasTheHeadersAndNoContent() throws Exception {
        try (var client = new Client()) {
            var response = client.head("/200m.bin");

            assertThat(response.status).isEqualTo(200);
            assertThat(response.headers)
                    .containsEntry("content-length", "" + 200 * MEGABYTE);
            assertThat(client.get("/1.bin").status).isEqualTo(200);     // nothing in between
            assertThat(client.head("/nope").status).isEqualTo(404);
            assertThat(client.get("/1.bin").status).isEqualTo(200);
        }
    }

    // ---- No way out, and other refusals

    @ParameterizedTest
    @ValueSource(strings = {"/../secret.txt", "/../../../../../../etc/passwd",
            "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt", "/sub/../../secret.txt",
            "//etc/passwd", "/%2fetc/passwd", "/../www-other/x.txt", "/out.txt",
            "/outside/secret.txt", "/..%00/secret.txt", "/%00", "/empty/", "/nope",
            "/index.html/nope", "/..", "/%2e%2e", "/\\..\\secret.txt"})
    void get_whatIsNotBelowTheRoot_isNotFound(String path) throws Exception {
        try (var client = new Client()) {
            var response = client.get(path);

            assertThat(response.status).isEqualTo(404);
            assertThat(response.text()).doesNotContain("secret\n");
            assertThat(client.get("/1.bin").status).isEqualTo(200);
        }
    }

    @Test
    void get_nameTooLong_isNotFound() throws Exception {
        try (var client = new Client()) {
            assertThat(client.get("/" + "n".repeat(5000)).status).isEqualTo(404);
        }
    }

    @Test
    void post_isNotAllowed() throws Exception {
        try (var client = new Client()) {
            var response = client.ask(
                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b");

            assertThat(response.status).isEqualTo(405);
            assertThat(response.headers).containsEntry("allow", "GET, HEAD");
            assertThat(client.in.read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nSpace : x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n folded: x\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
            "\u0016\u0003\u0001\u0002\u0000\n\n", "GET / HTTP/11\r\n\r\n"})
    void garbage_isABadRequest(String request) throws Exception {
        try (var client = new Client()) {
            assertThat(client.ask(request).status).isEqualTo(400);
            assertThat(client.in.read()).isEqualTo(-1);
        }
    }

    @Test
    void request_cutOff_isABadRequest() throws Exception {
        try (var client = new Client()) {
            client.send("GET / HT");
            client.socket.shutdownOutput();

            assertThat(client.read(false).status).isEqualTo(400);
            assertThat(client.in.read()).isEqualTo(-1);
        }
    }

    @Test
    void version2_isNotSupported() throws Exception {
        try (var client = new Client()) {
            assertThat(client.ask("GET / HTTP/2.0\r\nHost: x\r\n\r\n").status).isEqualTo(505);
        }
    }

    @Test
    void header_tooLong_isRefused() throws Exception {
        try (var client = new Client()) {
            var response = client.ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(100_000));

            assertThat(response.status).isEqualTo(431);
            assertThat(client.in.read()).isEqualTo(-1);
        }
    }

    // ---- Connections

    @Test
    void connection_manyRequests_isKept() throws Exception {
        try (var client = new Client()) {
            for (int i = 0; i < 100; i++) assertThat(client.get("/1k.bin").status).isEqualTo(200);
        }
    }

    @Test
    void connection_pipelinedRequests_areAnsweredInOrder() throws Exception {
        try (var client = new Client()) {
            var one = "GET /a%20b.txt HTTP/1.1\r\nHost: x\r\n\r\n";
            var two = "HEAD /sub/ HTTP/1.1\r\nHost: x\r\n\r\n";
            var three = "GET /100k.bin HTTP/1.1\r\nHost: x\r\n\r\n";
            client.send((one + two + three).repeat(20));

            for (int i = 0; i < 20; i++) {
                assertThat(client.read(false).text()).isEqualTo("spaced\n");
                assertThat(client.read(true).headers).containsEntry("content-length", "13");
                assertThat(client.read(false).body).hasSize(100 * 1024);
            }
        }
    }

    @Test
    void connection_requestInPieces_isAnswered() throws Exception {
        try (var client = new Client()) {
            for (var piece : "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n".split("(?<=[\r/])")) {
                client.send(piece);
            }

            assertThat(client.read(false).status).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\n\n",
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"})
    void connection_oldOrToBeClosed_isClosed(String request) throws Exception {
        try (var client = new Client()) {
            var response = client.ask(request);

            assertThat(response.status).isEqualTo(200);
            assertThat(response.headers).containsEntry("connection", "close");
            assertThat(client.in.read()).isEqualTo(-1);
        }
    }

    @Test
    void connection_oldButKeptAlive_isKept() throws Exception {
        try (var client = new Client()) {
            for (int i = 0; i < 2; i++) {
                var response = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

                assertThat(response.headers).containsEntry("connection", "keep-alive");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET / HTTP/1.1\r\nHo"})
    void connection_idle_isClosed(String sent) throws Exception {
        try (var client = new Client()) {
            client.send(sent);

            assertThat(client.endsWithin(TIMEOUT_MILLIS)).isTrue();
        }
    }

    @Test
    void wrk_100Connections_sees200Alone() throws Exception {
        checkInstalled("wrk");
        var wrk = new ProcessBuilder("wrk", "-t1", "-c100", "-d2s", "--timeout", "10s",
                url("/1k.bin")).redirectErrorStream(true).start();
        try {
            var report = new String(wrk.getInputStream().readAllBytes());

            assertThat(report).containsPattern("[1-9]\\d* requests in")
                    .doesNotContain("Socket errors", "Non-2xx");
            assertThat(wrk.waitFor()).isZero();
        } finally {
            wrk.destroyForcibly().waitFor();
        }
    }

    // ---- Tools

    private static String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    private static void checkInstalled(String program) {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, program)));
        assertThat(found).as(program + " is missing: scripts/install-test-peers.sh installs it")
                .isTrue();
    }

    private record Response(int status, Map<String, String> headers, byte[] body) {

        String text() {
            return new String(body, ISO_8859_1);
        }
    }

    /// A connection that says and reads exactly what it is told.
    private static final class Client implements AutoCloseable {

        final Socket socket;
        final InputStream in;

        Client() throws IOException {
            socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(ISO_8859_1));
        }

        Response ask(String request) throws IOException {
            send(request);
            return read(false);
        }

        Response get(String path) throws IOException {
            return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        }

        Response head(String path) throws IOException {
            send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
            return read(true);
        }

        Response read(boolean isHead) throws IOException {
            var status = line().split(" ");
            assertThat(status[0]).isEqualTo("HTTP/1.1");
            var headers = new TreeMap<String, String>();
            for (String line; !(line = line()).isEmpty(); ) {
                var parts = line.split(": ", 2);
                headers.put(parts[0].toLowerCase(java.util.Locale.ROOT), parts[1]);
            }
            int length = Integer.parseInt(headers.get("content-length"));
            var body = isHead ? new byte[0] : in.readNBytes(length);
            if (!isHead) assertThat(body).hasSize(length);
            return new Response(Integer.parseInt(status[1]), headers, body);
        }

        private String line() throws IOException {
            var line = new StringBuilder();
            for (int c; (c = in.read()) != '\n'; line.append((char) c)) {
                if (c < 0) throw new EOFException("the server closed after: " + line);
            }
            return line.toString().stripTrailing();
        }

        /// True if the server ends the connection, in good order or not, within the time.
        boolean endsWithin(int millis) throws IOException {
            socket.setSoTimeout(millis);
            try {
                return in.read() < 0;
            } catch (java.net.SocketException reset) {
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}

/// Serves the files of a folder by HTTP/1.1: a coroutine for each connection.
///
///     ./jloop run examples/WebServer.java DIR PORT [IDLE_SECONDS]
///
/// A connection reads a request, answers it, and reads the next: keep-alive and pipelining are
/// this loop and nothing more. Small files are read at once. Big ones are read by other
/// threads, a chunk at a time, and sent as fast as the peer takes them: nobody waits for them.

import module java.base;
import jloop.*;
import jloop.io.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static jloop.Asyncio.*;

static final int HEAD_LIMIT_BYTES = 16 * 1024;
static final int SMALL_BYTES = 64 * 1024;
static final int CHUNK_BYTES = 128 * 1024;
static final Duration LINGER = Duration.ofSeconds(2);
static final byte[][] HEAD_ENDS = {"\n\r\n".getBytes(UTF_8), "\n\n".getBytes(UTF_8)};

static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
static final Pattern REQUEST_LINE =
        Pattern.compile("(" + TOKEN + ") ([!-~\\x80-\\xff]+) HTTP/([0-9]\\.[0-9])\r?");
static final Pattern HEADER_LINE = Pattern.compile("(" + TOKEN + "):[ \t]*(.*?)[ \t]*\r?");

static final Map<String, String> CONTENT_TYPES = Map.ofEntries(
        Map.entry("html", "text/html; charset=utf-8"),
        Map.entry("htm", "text/html; charset=utf-8"),
        Map.entry("txt", "text/plain; charset=utf-8"),
        Map.entry("md", "text/markdown; charset=utf-8"),
        Map.entry("css", "text/css; charset=utf-8"),
        Map.entry("csv", "text/csv; charset=utf-8"),
        Map.entry("js", "text/javascript; charset=utf-8"),
        Map.entry("mjs", "text/javascript; charset=utf-8"),
        Map.entry("json", "application/json"),
        Map.entry("xml", "application/xml"),
        Map.entry("pdf", "application/pdf"),
        Map.entry("zip", "application/zip"),
        Map.entry("gz", "application/gzip"),
        Map.entry("wasm", "application/wasm"),
        Map.entry("svg", "image/svg+xml"),
        Map.entry("png", "image/png"),
        Map.entry("jpg", "image/jpeg"),
        Map.entry("jpeg", "image/jpeg"),
        Map.entry("gif", "image/gif"),
        Map.entry("webp", "image/webp"),
        Map.entry("ico", "image/x-icon"),
        Map.entry("woff2", "font/woff2"),
        Map.entry("mp3", "audio/mpeg"),
        Map.entry("mp4", "video/mp4"));

Path root;
Duration idle;

void main(String[] args) throws IOException {
    if (args.length < 2) {
        IO.println("usage: WebServer DIR PORT [IDLE_SECONDS]");
        return;
    }
    root = Path.of(args[0]).toRealPath();
    idle = Duration.ofSeconds(args.length > 2 ? Long.parseLong(args[2]) : 60);
    try {
        run(() -> listen(Integer.parseInt(args[1])));
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void listen(int port) throws IOException {
    Server server = startServer(this::serve, "127.0.0.1", port,
            o -> o.withBacklog(1024).withLimit(HEAD_LIMIT_BYTES));
    IO.println("Serving " + root + " on http://127.0.0.1:" + server.port() + "/");
    server.serveForever();
}

// ---- A connection

void serve(StreamReader reader, StreamWriter writer) {
    try {
        boolean goesOn = true;
        while (goesOn) {
            goesOn = serveOne(reader, writer);
            // Requests that have arrived together never wait: let the other connections run.
            sleep(Duration.ZERO);
        }
        closeGently(reader, writer);
    } catch (IOException | TimeoutException e) {
        writer.abort();         // gone, or silent for too long
    }
}

/// Reads a request and answers it. Returns false if it is the last one.
boolean serveOne(StreamReader reader, StreamWriter writer) throws IOException, TimeoutException {
    Request request;
    try {
        String head = timeout(idle, () -> readHead(reader));
        if (head.isEmpty()) return false;
        if (head.isBlank()) return true;        // empty lines before a request: RFC 9112 §2.2
        request = Request.parse(head);
        answer(request, writer);
    } catch (BadRequest e) {
        request = Request.BROKEN;
        refuse(e.refusal, request, writer);
    }
    timeout(idle, () -> writer.drain());
    return request.keepAlive;
}

/// The lines of a request up to the empty one; nothing at the end of the stream.
String readHead(StreamReader reader) throws IOException {
    try {
        return new String(reader.readuntil(HEAD_ENDS), ISO_8859_1);
    } catch (IncompleteReadException e) {
        if (new String(e.partial(), ISO_8859_1).isBlank()) return "";
        throw new BadRequest(400, "the request ends within its header");
    } catch (LimitOverrunException e) {
        throw new BadRequest(431, "the header is longer than " + HEAD_LIMIT_BYTES + " bytes");
    }
}

/// Closes a connection that may have sent more than was read. Closing it at once would reset
/// it, and the peer could lose the answer: so our direction ends first, and we listen a while.
void closeGently(StreamReader reader, StreamWriter writer) throws IOException, TimeoutException {
    writer.writeEof();
    if (reader.atEof()) return;
    timeout(LINGER, () -> {
        while (reader.read(CHUNK_BYTES).length > 0) { }
    });
}

// ---- A request

record Request(String method, String target, boolean keepAlive, boolean isOld) {

    /// What stands for a request that could not be understood: the last of its connection.
    static final Request BROKEN = new Request("GET", "/", false, false);

    static Request parse(String head) {
        String[] lines = head.strip().split("\n");
        Matcher first = REQUEST_LINE.matcher(lines[0]);
        if (!first.matches()) throw new BadRequest(400, "not a request line");
        String version = first.group(3);
        if (!version.startsWith("1.")) throw new BadRequest(505, "HTTP/1.1 is spoken here");
        boolean isOld = version.equals("1.0");
        boolean keepAlive = !isOld;
        boolean hasBody = false;
        int hosts = 0;
        for (int i = 1; i < lines.length; i++) {
            Matcher header = HEADER_LINE.matcher(lines[i]);
            if (!header.matches()) throw new BadRequest(400, "not a header line");
            String value = header.group(2).toLowerCase(Locale.ROOT);
            switch (header.group(1).toLowerCase(Locale.ROOT)) {
                case "host" -> hosts++;
                case "connection" -> {
                    if (value.contains("close")) keepAlive = false;
                    else if (value.contains("keep-alive")) keepAlive = true;
                }
                case "content-length" -> hasBody |= !value.equals("0");
                case "transfer-encoding" -> hasBody = true;
                default -> { }
            }
        }
        if (hosts > 1 || hosts == 0 && !isOld) throw new BadRequest(400, "one Host is needed");
        // A body is not read, so what follows cannot be told from it.
        return new Request(first.group(1), first.group(2), keepAlive && !hasBody, isOld);
    }

    boolean isHead() {
        return method.equals("HEAD");
    }

    /// The path that is asked for, still encoded, with one slash in front and no query.
    String path() {
        String path = target;
        if (path.regionMatches(true, 0, "http://", 0, 7)) {
            int slash = path.indexOf('/', 7);
            path = slash < 0 ? "/" : path.substring(slash);
        }
        if (!path.startsWith("/")) throw new BadRequest(400, "the target is not a path");
        int query = path.indexOf('?');
        if (query >= 0) path = path.substring(0, query);
        while (path.startsWith("//")) path = path.substring(1);
        return path;
    }

    /// `%41` is an A; bytes are UTF-8.
    static String decoded(String path) {
        if (path.indexOf('%') < 0) return new String(path.getBytes(ISO_8859_1), UTF_8);
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%') {
                if (i + 2 >= path.length() || !HexFormat.isHexDigit(path.charAt(i + 1))
                        || !HexFormat.isHexDigit(path.charAt(i + 2)))
                    throw new BadRequest(400, "not a percent-encoding");
                c = (char) HexFormat.fromHexDigits(path, i + 1, i + 3);
                i += 2;
            }
            bytes.write(c);
        }
        return bytes.toString(UTF_8);
    }
}

/// An answer other than a file.
record Refusal(int status, String text, String... headers) { }

static class BadRequest extends RuntimeException {
    final Refusal refusal;

    BadRequest(int status, String text) {
        super(text, null, false, false);
        refusal = new Refusal(status, text);
    }
}

// ---- An answer

void answer(Request request, StreamWriter writer) throws IOException, TimeoutException {
    if (!request.method.equals("GET") && !request.isHead()) {
        refuse(new Refusal(405, "only GET and HEAD", "Allow: GET, HEAD"), request, writer);
        return;
    }
    String path = request.path();
    String name = Request.decoded(path).substring(1);
    try {
        Path file = find(name);
        if (Files.isDirectory(file)) {
            if (!path.endsWith("/")) {          // or the links in the page would lead astray
                refuse(new Refusal(301, "it is at " + path + "/", "Location: " + path + "/"),
                        request, writer);
                return;
            }
            file = find(name + "index.html");
        }
        send(file, request, writer);
    } catch (NoSuchFileException | NotDirectoryException | InvalidPathException e) {
        refuse(new Refusal(404, "there is no such file"), request, writer);
    } catch (AccessDeniedException e) {
        refuse(new Refusal(403, "the file cannot be read"), request, writer);
    }
}

/// The file at `path` below the root, links followed. What is not below it is not there.
Path find(String path) throws IOException {
    if (path.indexOf('\0') >= 0) throw new NoSuchFileException(path);
    Path named = root.resolve(path).normalize();
    if (!named.startsWith(root)) throw new NoSuchFileException(path);
    try {
        Path real = named.toRealPath();
        if (real.startsWith(root)) return real;
    } catch (FileSystemException e) {
        if (e instanceof AccessDeniedException) throw e;
    }
    throw new NoSuchFileException(path);        // missing, a loop of links, a name too long
}

void send(Path file, Request request, StreamWriter writer) throws IOException, TimeoutException {
    var attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (!attributes.isRegularFile()) throw new NoSuchFileException(file.toString());
    // `file` has no links: if it has become one since, it is not opened.
    try (var channel = FileChannel.open(file, StandardOpenOption.READ,
            LinkOption.NOFOLLOW_LINKS)) {
        long sizeBytes = channel.size();
        byte[] head = head(200, request, sizeBytes, contentType(file),
                "Last-Modified: " + httpDate(attributes.lastModifiedTime().toInstant()));
        if (request.isHead()) writer.write(head);
        else if (sizeBytes <= SMALL_BYTES) sendSmall(channel, (int) sizeBytes, head, writer);
        else sendBig(channel, sizeBytes, head, writer);
    }
}

/// Head and content in one write, so in one segment if they fit.
void sendSmall(FileChannel channel, int sizeBytes, byte[] head, StreamWriter writer)
        throws IOException {
    byte[] all = Arrays.copyOf(head, head.length + sizeBytes);
    fill(channel, ByteBuffer.wrap(all, head.length, sizeBytes));
    writer.write(all);
}

void sendBig(FileChannel channel, long sizeBytes, byte[] head, StreamWriter writer)
        throws IOException, TimeoutException {
    writer.write(head);
    byte[] chunk = new byte[CHUNK_BYTES];
    for (long left = sizeBytes; left > 0; ) {
        int count = (int) Math.min(left, CHUNK_BYTES);
        toThread(() -> fill(channel, ByteBuffer.wrap(chunk, 0, count)));
        writer.write(chunk, 0, count);
        timeout(idle, () -> writer.drain());
        left -= count;
    }
}

static void fill(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) throw new EOFException("the file has shrunk meanwhile");
    }
}

void refuse(Refusal refusal, Request request, StreamWriter writer) {
    byte[] text = (refusal.status + " " + refusal.text + "\n").getBytes(UTF_8);
    writer.write(head(refusal.status, request, text.length, "text/plain; charset=utf-8",
            refusal.headers));
    if (!request.isHead()) writer.write(text);
}

byte[] head(int status, Request request, long sizeBytes, String contentType, String... headers) {
    var head = new StringBuilder(256)
            .append("HTTP/1.1 ").append(status).append(' ').append(reason(status)).append("\r\n")
            .append("Date: ").append(dateNow()).append("\r\n")
            .append("Content-Type: ").append(contentType).append("\r\n")
            .append("Content-Length: ").append(sizeBytes).append("\r\n");
    for (String header : headers) head.append(header).append("\r\n");
    if (!request.keepAlive) head.append("Connection: close\r\n");
    else if (request.isOld) head.append("Connection: keep-alive\r\n");
    return head.append("\r\n").toString().getBytes(ISO_8859_1);
}

static String reason(int status) {
    return switch (status) {
        case 200 -> "OK";
        case 301 -> "Moved Permanently";
        case 400 -> "Bad Request";
        case 403 -> "Forbidden";
        case 404 -> "Not Found";
        case 405 -> "Method Not Allowed";
        case 431 -> "Request Header Fields Too Large";
        case 505 -> "HTTP Version Not Supported";
        default -> "";
    };
}

static String contentType(Path file) {
    String name = file.getFileName().toString();
    String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return CONTENT_TYPES.getOrDefault(extension, "application/octet-stream");
}

// ---- The date, made once a second

static final DateTimeFormatter HTTP_DATE = DateTimeFormatter
        .ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT).withZone(ZoneOffset.UTC);

long dateSecond = -1;
String date = "";

String dateNow() {
    Instant now = Instant.now();
    if (now.getEpochSecond() != dateSecond) {
        dateSecond = now.getEpochSecond();
        date = httpDate(now);
    }
    return date;
}

static String httpDate(Instant instant) {
    return HTTP_DATE.format(instant);
}

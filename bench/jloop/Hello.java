/// Answers every GET with `Hello, world!`: jloop's servers of the HTTP benchmark, as small as
/// is honest. Connections stay open unless the request asks otherwise, requests may come in one
/// piece or in many, and several at once; a head may be 8 KiB long.
///
///     ./jloop run bench/jloop/Hello.java http ADDRESS streams|protocol
///
/// ADDRESS is a port of 127.0.0.1.

import module java.base;
import jloop.*;
import jloop.io.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static jloop.Asyncio.*;

static final int BACKLOG = 1024;
static final int HEAD_LIMIT_BYTES = 8 * 1024;
static final String HEAD_END = "\r\n\r\n";
static final byte[] HEAD_END_BYTES = HEAD_END.getBytes(ISO_8859_1);

void main(String[] args) {
    if (args.length != 3 || !args[0].equals("http")) {
        System.err.println("usage: Hello http PORT streams|protocol");
        System.exit(2);
    }
    int port = Integer.parseInt(args[1]);
    switch (args[2]) {
        case "streams" -> run(() -> serveStreams(port));
        case "protocol" -> run(() -> serveProtocol(port));
        default -> throw new IllegalArgumentException("no such mode: " + args[2]);
    }
}

// ---- Requests and answers

/// What an answer depends on.
record Request(boolean isGet, boolean isLast) {

    /// `head` is a request up to the empty line, that included or not.
    static Request of(String head) {
        int lineEnd = head.indexOf('\r');
        boolean isOld = head.startsWith(" HTTP/1.0", lineEnd - 9);
        return new Request(head.startsWith("GET "), isOld || asksToClose(head, lineEnd));
    }

    private static boolean asksToClose(String head, int from) {
        String name = "\r\nconnection:";
        for (int at = from; (at = head.indexOf("\r\n", at)) >= 0; at += 2) {
            if (!head.regionMatches(true, at, name, 0, name.length())) continue;
            int end = head.indexOf('\r', at + 2);
            String value = head.substring(at + name.length(), end < 0 ? head.length() : end);
            if (value.strip().equalsIgnoreCase("close")) return true;
        }
        return false;
    }
}

static final long SECOND_NANOS = 1_000_000_000;
static final DateTimeFormatter HTTP_DATE = DateTimeFormatter
        .ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT).withZone(ZoneOffset.UTC);

long answerSecond = Long.MIN_VALUE;
byte[] answer = {};

/// The answer to a GET, with the date, which RFC 9110 asks for: made anew each second.
byte[] answer(EventLoop loop) {
    long second = loop.time() / SECOND_NANOS;
    if (second != answerSecond) {
        answerSecond = second;
        answer = ("HTTP/1.1 200 OK\r\nDate: " + HTTP_DATE.format(Instant.now())
                + "\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!")
                .getBytes(ISO_8859_1);
    }
    return answer;
}

static final byte[] REFUSAL =
        "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nConnection: close\r\n\r\n"
                .getBytes(ISO_8859_1);

// ---- Streams

void serveStreams(int port) throws IOException {
    UnaryOperator<ServerOptions> options =
            o -> o.withBacklog(BACKLOG).withLimit(HEAD_LIMIT_BYTES);
    startServer(this::serve, "127.0.0.1", port, options).serveForever();
}

void serve(StreamReader reader, StreamWriter writer) {
    EventLoop loop = getRunningLoop();
    try {
        for (boolean goesOn = true; goesOn; ) {
            byte[] head = reader.readuntil(HEAD_END_BYTES);
            Request request = Request.of(new String(head, ISO_8859_1));
            writer.write(request.isGet() ? answer(loop) : REFUSAL);
            writer.drain();
            goesOn = request.isGet() && !request.isLast();
        }
    } catch (IncompleteReadException e) {
        // The peer has sent its last request.
    } catch (IOException e) {
        writer.abort();
    }
}

// ---- Protocol

void serveProtocol(int port) throws IOException {
    EventLoop loop = getRunningLoop();
    createServer(() -> new HelloProtocol(loop), "127.0.0.1", port, o -> o.withBacklog(BACKLOG))
            .serveForever();
}

class HelloProtocol implements Protocol {

    private final EventLoop loop;
    private Transport transport;
    private String unread = "";         // the beginning of a request

    HelloProtocol(EventLoop loop) {
        this.loop = loop;
    }

    @Override
    public void connectionMade(Transport transport) {
        this.transport = transport;
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        String text = unread + new String(bytes, ISO_8859_1);
        int at = 0;
        for (int end; (end = text.indexOf(HEAD_END, at)) >= 0; at = end + HEAD_END.length()) {
            respond(Request.of(text.substring(at, end + 2)));
            if (transport.isClosing()) return;
        }
        unread = text.substring(at);
        if (unread.length() > HEAD_LIMIT_BYTES) transport.abort();
    }

    private void respond(Request request) {
        transport.write(request.isGet() ? answer(loop) : REFUSAL);
        if (request.isLast() || !request.isGet()) transport.close();
    }

    @Override
    public void pauseWriting() {
        transport.pauseReading();
    }

    @Override
    public void resumeWriting() {
        transport.resumeReading();
    }
}

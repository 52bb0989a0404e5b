/// Answers every GET with `Hello, world!`: jloop's servers of the HTTP benchmark, as small as is
/// honest. Connections stay open unless the request asks otherwise, requests may come in one
/// piece or in many, and several at once; a head may be 8 KiB long.
///
///     ./jloop run bench/jloop/Hello.java http ADDRESS streams
///
/// ADDRESS is a port of 127.0.0.1.

import module java.base;
import jloop.*;
import jloop.io.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static jloop.Asyncio.*;

static final int BACKLOG = 1024;
static final int HEAD_LIMIT_BYTES = 8 * 1024;
static final byte[] HEAD_END = "\r\n\r\n".getBytes(ISO_8859_1);

void main(String[] args) {
    if (args.length != 3 || !args[0].equals("http")) {
        System.err.println("usage: Hello http PORT streams");
        System.exit(2);
    }
    int port = Integer.parseInt(args[1]);
    switch (args[2]) {
        case "streams" -> run(() -> serveStreams(port));
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
            Request request = Request.of(new String(reader.readuntil(HEAD_END), ISO_8859_1));
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

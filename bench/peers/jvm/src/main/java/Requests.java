import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;

/// Finds the ends of the GETs in what one connection reads, and looks at nothing else in them.
final class Requests {

    private static final byte[] END = {'\r', '\n', '\r', '\n'};
    private static final String RESPONSE = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            + "Content-Length: 13\r\n\r\nHello, world!";

    private int matched; // bytes of END read last

    /// How many requests end in the bytes of `data`.
    int endIn(ByteBuffer data) {
        int ends = 0;
        while (data.hasRemaining()) {
            byte next = data.get();
            if (next == END[matched]) matched++;
            else matched = next == END[0] ? 1 : 0;
            if (matched == END.length) {
                ends++;
                matched = 0;
            }
        }
        return ends;
    }

    /// The response, off the heap so that writing it copies nothing.
    static ByteBuffer response() {
        var bytes = RESPONSE.getBytes(US_ASCII);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
}

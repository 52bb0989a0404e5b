package jloop.io;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/// A [StreamWriter] seen as an OutputStream. Closing it closes the connection.
final class StreamOutput extends OutputStream {

    private static final int PIECE_BYTES = 256 * 1024;      // kept at once, however many there are

    private final StreamWriter writer;

    StreamOutput(StreamWriter writer) {
        this.writer = writer;
    }

    @Override
    public void write(int oneByte) throws IOException {
        write(new byte[] {(byte) oneByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        for (int at = 0; at < length; at += PIECE_BYTES) {
            writer.write(bytes, offset + at, Math.min(PIECE_BYTES, length - at));
            writer.drain();
        }
    }

    @Override
    public void flush() throws IOException {
        writer.drain();
    }

    @Override
    public void close() {
        writer.close();
    }
}

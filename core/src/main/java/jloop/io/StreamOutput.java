package jloop.io;

import java.io.IOException;
import java.io.OutputStream;

/// A [StreamWriter] seen as an OutputStream. Closing it closes the connection.
final class StreamOutput extends OutputStream {

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
        writer.write(bytes, offset, length);
        writer.drain();
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

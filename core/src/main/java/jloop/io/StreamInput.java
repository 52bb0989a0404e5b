package jloop.io;

import java.io.IOException;
import java.io.InputStream;

/// A [StreamReader] seen as an InputStream.
final class StreamInput extends InputStream {

    private final StreamReader reader;

    StreamInput(StreamReader reader) {
        this.reader = reader;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return reader.readInto(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        return reader.readInto(into, offset, length);
    }

    @Override
    public int available() {
        return reader.buffered();
    }
}

package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.NoSuchElementException;
import jloop.AsyncIterator;
import org.jspecify.annotations.Nullable;

/// The lines of a text, read block by block: what [AsyncFile#lines()] and [AsyncFiles#lines]
/// return.
///
/// [#hasNext()] and [#next()] throw the IOException that there is; `next(IOException.class)`
/// has it declared.
///
/// **Cancellation**: no line is lost; who asks again gets it whole.
public final class FileLines implements AsyncIterator<String>, AutoCloseable {

    /*
     * `chars` is what is decoded and not given out, `bytes` what is read and not decoded: at most
     * the beginning of a character. A carriage return at the end of `chars` is a line's end
     * whatever follows, so a line feed that follows is dropped.
     */

    private final AsyncFile file;
    private final boolean closesFile;
    private final CharsetDecoder decoder;
    private final StringBuilder begun = new StringBuilder();    // a line without its end
    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private CharBuffer chars = CharBuffer.allocate(0);
    private long place;
    private boolean dropsLineFeed;
    private boolean ended;
    private @Nullable String found;

    FileLines(AsyncFile file, long place, Charset charset, boolean closesFile) {
        this.file = file;
        this.place = place;
        this.decoder = charset.newDecoder();        // which reports what is malformed
        this.closesFile = closesFile;
    }

    @Override
    public boolean hasNext() {
        try {
            if (found == null) found = find();
            return found != null;
        } catch (IOException e) {
            throw LoopGroup.<RuntimeException>rethrow(e);
        }
    }

    @Override
    public String next() {
        String line = hasNext() ? found : null;
        if (line == null) throw new NoSuchElementException("the text has no more lines");
        found = null;
        return line;
    }

    private @Nullable String find() throws IOException {
        while (true) {
            String line = cut();
            if (line != null || ended) return line;
            if (!read()) return last();
        }
    }

    /// The next line whose end is decoded.
    private @Nullable String cut() {
        if (dropsLineFeed && chars.hasRemaining()) {
            if (chars.get(chars.position()) == '\n') chars.get();
            dropsLineFeed = false;
        }
        for (int i = chars.position(); i < chars.limit(); i++) {
            char c = chars.get(i);
            if (c != '\n' && c != '\r') continue;
            String end = new String(chars.array(), chars.position(), i - chars.position());
            chars.position(i + 1);
            dropsLineFeed = c == '\r';
            return begun.isEmpty() ? end : takeBegun() + end;
        }
        begun.append(chars);
        chars.position(chars.limit());
        return null;
    }

    private String takeBegun() {
        String line = begun.toString();
        begun.setLength(0);
        return line;
    }

    /// Reads and decodes a block. Returns false at the end of the text.
    private boolean read() throws IOException {
        byte[] block = file.readAt(place, AsyncFile.BLOCK_BYTES);
        place += block.length;
        bytes = ByteBuffer.allocate(bytes.remaining() + block.length).put(bytes).put(block).flip();
        CharBuffer room = CharBuffer.allocate(
                (int) (bytes.remaining() * (double) decoder.maxCharsPerByte()) + 2);
        CoderResult result = decoder.decode(bytes, room, block.length == 0);
        if (result.isUnderflow() && block.length == 0) result = decoder.flush(room);
        if (result.isError()) result.throwException();
        chars = room.flip();
        return block.length > 0;
    }

    /// What stands behind the last line end, if anything does.
    private @Nullable String last() throws IOException {
        begun.append(chars);
        ended = true;
        close();
        return begun.isEmpty() ? null : takeBegun();
    }

    /// Closes the file, if it was opened for these lines alone; the end of the text does that
    /// too. Then there are no more lines.
    @Override
    public void close() throws IOException {
        ended = true;
        if (closesFile) file.close();
    }
}

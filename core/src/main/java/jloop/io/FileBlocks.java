package jloop.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import jloop.EventLoop;
import jloop.SendfileNotAvailableException;
import jloop.SendfileOptions;
import jloop.kernel.FilePart;

/// A part of a file that is read and written block by block, as TLS has it.
final class FileBlocks {

    private static final int BLOCK_BYTES = 16 * 1024;

    /// Takes a block once there is room.
    @FunctionalInterface
    interface Writer {
        void write(byte[] block, int length) throws IOException;
    }

    private FileBlocks() { }

    /// Returns how many bytes were written. The position of `file` is behind them.
    static long write(EventLoop loop, FileChannel file, SendfileOptions options, Writer writer)
            throws IOException {
        if (!options.fallback())
            throw new SendfileNotAvailableException(
                    "over TLS a file can only be read and written, and that is not allowed");
        FilePart part = new FilePart(options.offset(), options.count());
        byte[] block = new byte[BLOCK_BYTES];
        try {
            int count;
            while ((count = loop.runInExecutor(null, () -> part.read(file, block)).await()) > 0) {
                writer.write(block, count);
                part.sent(count);
            }
            return part.sentBytes();
        } finally {
            part.leave(file);
        }
    }
}

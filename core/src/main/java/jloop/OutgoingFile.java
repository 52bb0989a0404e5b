package jloop;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import jloop.kernel.Errno;
import jloop.kernel.FilePart;
import jloop.poller.Descriptor;

/// A file, or a part of it, on its way through a socket.
final class OutgoingFile {

    /*
     * First the system is asked to send it. If that fails before anything was sent, for whatever
     * reason, the file is read and sent block by block; if the reason was the socket, that
     * fails too, and says so.
     *
     * A path is opened by the poller, if it knows files by number: java.nio hides that of a
     * FileChannel.
     */

    private static final int BLOCK_BYTES = 256 * 1024;

    /// What sends as much as fits right now, as [Descriptor#sendFile(int, long, int)].
    @FunctionalInterface
    interface Call {
        int send(Descriptor by, long position, int length);
    }

    private final Socket socket;
    private final SendfileOptions options;
    private final FilePart part;

    OutgoingFile(Socket socket, SendfileOptions options) {
        this.socket = socket;
        this.options = options;
        this.part = new FilePart(options.offset(), options.count());
    }

    /// Returns how many bytes were sent.
    long send(FileChannel file) throws IOException {
        socket.beginFile();
        try {
            sendOrCopy(file);
        } catch (CancelledError e) {
            throw e.after(part.sentBytes());
        } finally {
            socket.endFile();
        }
        return part.sentBytes();
    }

    /// Returns how many bytes were sent.
    long send(Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path))
            throw new IllegalArgumentException(path + " is not a regular file");
        socket.beginFile();
        try {
            if (!sendByNumber(path)) {
                try (FileChannel file = FileChannel.open(path)) {
                    sendOrCopy(file);
                }
            }
        } catch (CancelledError e) {
            throw e.after(part.sentBytes());
        } finally {
            socket.endFile();
        }
        return part.sentBytes();
    }

    private boolean sendByNumber(Path path) throws IOException {
        Descriptor descriptor = socket.descriptor;
        int file = descriptor.openFile(path);
        if (file < 0) return false;             // who opens it next says why
        try {
            return sendBy((by, position, length) -> by.sendFile(file, position, length));
        } finally {
            descriptor.closeFile(file);
        }
    }

    private void sendOrCopy(FileChannel file) throws IOException {
        try {
            if (!sendBy((by, position, length) -> by.sendFile(file, position, length)))
                copy(file);
        } finally {
            part.leave(file);
        }
    }

    /// Returns false if it has to be copied. Then nothing was sent.
    private boolean sendBy(Call call) throws IOException {
        int result = socket.sendFile(part, call);
        if (result >= 0) return true;
        if (part.sentBytes() > 0) {
            int reason = result == -Errno.ENOTCONN ? -Errno.ECONNRESET : result;
            throw SocketErrors.of("send a file on", socket, reason);
        }
        if (options.fallback()) return false;
        throw new SendfileNotAvailableException("the system cannot send this file by itself on "
                + socket + ": " + Errno.text(-result));
    }

    private void copy(FileChannel file) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        int count;
        while ((count = read(file, block)) > 0) {
            for (int at = 0; at < count; ) {
                int sent = socket.sendPart(block, at, count - at);
                part.sent(sent);
                at += sent;
            }
        }
    }

    private int read(FileChannel file, byte[] block) {
        return socket.loop.runInExecutor(null, () -> part.read(file, block)).await();
    }
}

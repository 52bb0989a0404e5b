package jloop;

import java.io.UncheckedIOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import jloop.kernel.Errno;
import jloop.poller.Descriptor;
import jloop.poller.ForeignFile;
import jloop.poller.Operation.Kind;

/// The files with readers and writers that are not the loop's own.
final class ForeignFiles {

    /*
     * Whoever owns such a file may close it without a word, and its number may be another file's
     * by then. What is registered here is then dead, and stays so until it is removed, or until
     * the number is given again: then it is registered anew.
     *
     * The keys are numbers (Integer) and channels, which are told by identity.
     */

    private final EventLoop loop;
    private final Map<Object, Socket> watched = new LinkedHashMap<>();

    ForeignFiles(EventLoop loop) {
        this.loop = loop;
    }

    void add(int fd, Kind kind, Runnable callback, Context context) {
        add(PipeEnd.checked(fd), new ForeignFile.Numbered(fd), kind, callback, context);
    }

    void add(SelectableChannel channel, Kind kind, Runnable callback, Context context) {
        int ops = kind.reads ? SelectionKey.OP_READ | SelectionKey.OP_ACCEPT
                : SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
        if ((channel.validOps() & ops) == 0)
            throw new IllegalArgumentException(channel + " is never " + kind);
        add(channel, new ForeignFile.Channel(channel), kind, callback, context);
    }

    private void add(
            Object key, ForeignFile file, Kind kind, Runnable callback, Context context) {
        loop.checkOpen();
        Socket known = watched.get(key);
        if (known != null && watch(known, kind, callback, context)) return;
        drop(key);
        Socket found = adopt(file);
        watched.put(key, found);
        if (watch(found, kind, callback, context)) return;
        drop(key);
        throw failure(file, found.watchError());
    }

    private Socket adopt(ForeignFile file) {
        Descriptor descriptor = loop.poller.adopt(file, ForeignFile.Use.WATCH);
        if (descriptor.error() < 0) throw failure(file, descriptor.error());
        return new Socket(loop, descriptor, null);
    }

    /// False if the file is not there any more.
    private static boolean watch(
            Socket socket, Kind kind, Runnable callback, Context context) {
        socket.watch(kind, callback, context);
        return socket.watchError() == 0;
    }

    boolean remove(Object key, Kind kind) {
        Socket known = watched.get(key);
        if (known == null) return false;
        boolean wasThere = known.watch(kind, null, null);
        if (!known.isWatched()) drop(key);
        return wasThere;
    }

    private void drop(Object key) {
        Socket dropped = watched.remove(key);
        if (dropped != null) dropped.close();
    }

    void close() {
        for (Object key : new ArrayList<>(watched.keySet())) drop(key);
    }

    private static RuntimeException failure(ForeignFile file, int result) {
        String why = "cannot wait for " + file + ": ";
        return switch (-result) {
            case Errno.EEXIST -> new IllegalStateException(why
                    + "a socket, a pipe or another reader or writer of this loop has it");
            case Errno.EBADF -> new IllegalArgumentException(why + Errno.text(-result));
            case Errno.EPERM -> new IllegalArgumentException(why
                    + "a pipe, a socket or a device was expected, not what is always ready,"
                    + " as a regular file is");
            default -> new UncheckedIOException(SocketErrors.of("watch", file, result));
        };
    }
}

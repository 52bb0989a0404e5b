package jloop.kernel;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/// The file that a UNIX socket has in the file system while it is bound to a path, and after.
final class SocketFile {

    // inode(7)
    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private SocketFile() { }

    /// See [jloop.poller.Descriptor#fileKey].
    static @Nullable Object key(SocketAddress address) {
        Path path = path(address);
        if (path == null) return null;
        try {
            return key(path);
        } catch (IOException e) {
            return null;
        }
    }

    /// The numbers of the file and its device; where files have none, when it was made.
    private static Object key(Path path) throws IOException {
        var attributes = Files.readAttributes(
                path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        Object key = attributes.fileKey();
        return key != null ? key : attributes.creationTime();
    }

    /// See [jloop.poller.Descriptor#unlink].
    static int unlink(SocketAddress address, Object key) {
        Path path = path(address);
        if (path == null) return -Errno.ENOENT;
        try {
            if (!isSocket(path)) return -Errno.ENOTSOCK;
            if (!key.equals(key(path))) return -Errno.ENOENT;
            Files.delete(path);
            return 0;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    /// The same of whatever socket's file there is, if `connect`, which tries to connect a new
    /// socket to it, is refused. That of another socket, bound meanwhile, has another key.
    static int unlinkStale(SocketAddress address, IntSupplier connect) {
        Path path = path(address);
        if (path == null) return -Errno.ENOENT;
        try {
            if (!isSocket(path)) return -Errno.ENOTSOCK;
            Object key = key(path);
            int result = connect.getAsInt();
            return switch (-result) {
                case Errno.ECONNREFUSED -> unlink(address, key);
                case 0, Errno.EAGAIN, Errno.EPERM, Errno.EPROTOTYPE -> -Errno.EADDRINUSE;
                default -> result;
            };
        } catch (IOException e) {
            return -errno(e);
        }
    }

    // Follows links, as asyncio does: of a link to a socket it is the link that is removed.
    private static boolean isSocket(Path path) throws IOException {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix"))
            return Files.readAttributes(path, BasicFileAttributes.class).isOther();
        return Files.getAttribute(path, "unix:mode") instanceof Integer mode
                && (mode & S_IFMT) == S_IFSOCK;
    }

    private static @Nullable Path path(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress unix
                && !unix.getPath().toString().isEmpty() ? unix.getPath() : null;
    }

    // The message of these begins with the path, in which there may be any words.
    private static int errno(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> Errno.ENOENT;
            case AccessDeniedException _ -> Errno.EACCES;
            case FileSystemException f -> NioErrors.errno(new IOException(f.getReason()));
            default -> NioErrors.errno(e);
        };
    }
}

package jloop.poller;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.SocketAddress;
import java.util.Arrays;

/// An abstract name, the address of a UNIX socket that is no file: nothing has to be removed,
/// and it is free again when its socket is closed (unix(7)). Where a path goes, it goes too.
///
/// Linux has such names, and so do the pollers epoll and virtual; by java.nio to use one is
/// a SocketException.
public final class UnixName extends SocketAddress {

    /// The most bytes of a name: it has the room of a path and begins with a NUL there.
    public static final int BYTES_MAX = 107;

    private static final long serialVersionUID = 1;

    private final byte[] name;

    private UnixName(byte[] name) {
        if (name.length < 1 || name.length > BYTES_MAX)
            throw new IllegalArgumentException("an abstract name has 1 to " + BYTES_MAX
                    + " bytes, not " + name.length);
        this.name = name;
    }

    /// The name of these characters in UTF-8. A path does not come into it: a `/` is a
    /// character like any other.
    public static UnixName of(String name) {
        return new UnixName(name.getBytes(UTF_8));
    }

    /// The name of these bytes, which may be any.
    public static UnixName of(byte[] name) {
        return new UnixName(name.clone());
    }

    public byte[] toBytes() {
        return name.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UnixName that && Arrays.equals(name, that.name);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(name);
    }

    /// With an `@` before it, as ss(8) has it.
    @Override
    public String toString() {
        return "@" + new String(name, UTF_8);
    }
}

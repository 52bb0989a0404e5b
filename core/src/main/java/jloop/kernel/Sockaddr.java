package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.channels.UnresolvedAddressException;
import java.util.Arrays;
import jloop.poller.Family;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;

/// A socket address in native memory, as system calls take and give it: `struct sockaddr`. To
/// be freed by whoever made it.
final class Sockaddr {

    /*
     *                     sockaddr_in     sockaddr_in6     sockaddr_un
     *   u16  family            0               0                0
     *   u16  port              2               2                        network order
     *   u32  flow info                         4
     *        address           4, 4 bytes      8, 16 bytes              network order
     *   u32  scope id                         24
     *        path                                              2, 108 bytes with a NUL after it
     *        abstract name                                     2, 108 bytes with a NUL before it
     *   sizeof                16              28              110
     *
     * From ip(7), ipv6(7), unix(7). SockaddrTest sends each through the kernel and back.
     */
    private static final int PORT = 2;
    private static final int V4_ADDRESS = 4;
    private static final int V4_BYTES = 16;
    private static final int V6_FLOW = 4;
    private static final int V6_ADDRESS = 8;
    private static final int V6_SCOPE = 24;
    private static final int V6_BYTES = 28;
    private static final int PATH = 2;
    private static final int PATH_BYTES_MAX = 107;
    private static final int BYTES_MAX = 128;       // sockaddr_storage

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};
    private static final ValueLayout.OfShort NETWORK_SHORT =
            JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt NETWORK_INT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final long PACKED = 1L << 48;        // so that no address is 0

    final MemorySegment memory = SystemCalls.allocate(BYTES_MAX);
    final MemorySegment size = SystemCalls.allocate(Integer.BYTES);     // socklen_t

    /// Puts `address` here for a socket of `family`. Returns how many bytes it takes, or
    /// `-errno`.
    ///
    /// **Errors**: UnresolvedAddressException.
    int put(SocketAddress address, Family family) {
        return switch (address) {
            case InetSocketAddress inet when family != Family.UNIX -> putInet(inet, family);
            case UnixDomainSocketAddress unix when family == Family.UNIX -> putUnix(unix);
            case UnixName name when family == Family.UNIX -> putUnix(name);
            default -> -Errno.EAFNOSUPPORT;
        };
    }

    /// This, with room for an address of any family, to be filled by a system call.
    Sockaddr cleared() {
        size.set(JAVA_INT, 0, BYTES_MAX);
        memory.set(JAVA_SHORT, 0, (short) SystemCalls.AF_UNIX);     // if no name is put here
        return this;
    }

    /// The address that a system call put here, or null if Java has no class for it.
    @Nullable SocketAddress get() {
        return switch (memory.get(JAVA_SHORT, 0)) {
            case SystemCalls.AF_INET -> new InetSocketAddress(getV4(), getPort());
            case SystemCalls.AF_INET6 -> new InetSocketAddress(getV6(), getPort());
            case SystemCalls.AF_UNIX -> getUnix();
            default -> null;
        };
    }

    /// The IPv4 address and port that a system call put here, for [#ofPacked]; 0 if there is
    /// something else.
    long packed() {
        if (memory.get(JAVA_SHORT, 0) != SystemCalls.AF_INET) return 0;
        return PACKED | Integer.toUnsignedLong(memory.get(NETWORK_INT, V4_ADDRESS)) << 16
                | getPort();
    }

    /// What [#packed()] was made of.
    static SocketAddress ofPacked(long packed) {
        byte[] bytes = new byte[4];
        for (int i = 0; i < 4; i++) bytes[i] = (byte) (packed >>> (40 - 8 * i));
        return new InetSocketAddress(host(bytes, 0), (int) packed & 0xffff);
    }

    void free() {
        SystemCalls.free(memory);
        SystemCalls.free(size);
    }

    private int putInet(InetSocketAddress address, Family family) {
        InetAddress host = address.getAddress();
        if (host == null) throw new UnresolvedAddressException();
        if (family == Family.INET6) return putV6(host, address.getPort());
        return host instanceof Inet4Address ? putV4(host, address.getPort()) : -Errno.EAFNOSUPPORT;
    }

    private int putV4(InetAddress host, int port) {
        memory.asSlice(0, V4_BYTES).fill((byte) 0);
        memory.set(JAVA_SHORT, 0, (short) SystemCalls.AF_INET);
        memory.set(NETWORK_SHORT, PORT, (short) port);
        putBytes(host.getAddress(), V4_ADDRESS);
        return V4_BYTES;
    }

    private int putV6(InetAddress host, int port) {
        memory.set(JAVA_SHORT, 0, (short) SystemCalls.AF_INET6);
        memory.set(NETWORK_SHORT, PORT, (short) port);
        memory.set(JAVA_INT, V6_FLOW, 0);
        memory.set(JAVA_INT, V6_SCOPE, host instanceof Inet6Address v6 ? v6.getScopeId() : 0);
        if (host instanceof Inet6Address) {
            putBytes(host.getAddress(), V6_ADDRESS);
        } else {
            putBytes(MAPPED, V6_ADDRESS);
            putBytes(host.getAddress(), V6_ADDRESS + MAPPED.length);
        }
        return V6_BYTES;
    }

    private int putUnix(UnixDomainSocketAddress address) {
        byte[] path = address.getPath().toString().getBytes(UTF_8);
        if (path.length > PATH_BYTES_MAX) return -Errno.ENAMETOOLONG;
        memory.set(JAVA_SHORT, 0, (short) SystemCalls.AF_UNIX);
        // No path at all: the kernel chooses an abstract name (unix(7), autobind).
        if (path.length == 0) return PATH;
        putBytes(path, PATH);
        memory.set(JAVA_BYTE, PATH + path.length, (byte) 0);
        return PATH + path.length + 1;
    }

    // The size tells where the name ends: it may have any bytes.
    private int putUnix(UnixName address) {
        byte[] name = address.toBytes();
        memory.set(JAVA_SHORT, 0, (short) SystemCalls.AF_UNIX);
        memory.set(JAVA_BYTE, PATH, (byte) 0);
        putBytes(name, PATH + 1);
        return PATH + 1 + name.length;
    }

    private void putBytes(byte[] bytes, int to) {
        MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, to, bytes.length);
    }

    private int getPort() {
        return Short.toUnsignedInt(memory.get(NETWORK_SHORT, PORT));
    }

    private InetAddress getV4() {
        return host(getBytes(V4_ADDRESS, 4), 0);
    }

    private InetAddress getV6() {
        return host(getBytes(V6_ADDRESS, 16), memory.get(JAVA_INT, V6_SCOPE));
    }

    private SocketAddress getUnix() {
        byte[] path = getBytes(PATH, Math.max(size.get(JAVA_INT, 0) - PATH, 0));
        if (path.length > 1 && path[0] == 0)
            return UnixName.of(Arrays.copyOfRange(path, 1, path.length));
        int end = 0;
        while (end < path.length && path[end] != 0) end++;
        return UnixDomainSocketAddress.of(new String(path, 0, end, UTF_8));
    }

    private byte[] getBytes(int from, int count) {
        return memory.asSlice(from, count).toArray(JAVA_BYTE);
    }

    // InetAddress turns an IPv4 address mapped into IPv6 back into an IPv4 address.
    private static InetAddress host(byte[] bytes, int scope) {
        try {
            return scope == 0
                    ? InetAddress.getByAddress(bytes)
                    : Inet6Address.getByAddress(null, bytes, scope);
        } catch (UnknownHostException e) {
            throw new AssertionError(Arrays.toString(bytes), e);
        }
    }
}

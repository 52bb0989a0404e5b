package jloop.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.util.List;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.UnixName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Socket addresses, through the kernel and back.
class SockaddrTest {

    final EpollPoller poller = new EpollPoller();
    final Sockaddr sockaddr = new Sockaddr();

    @AfterEach
    void close() {
        poller.close();
        sockaddr.free();
    }

    @Test
    void v4_boundByTheKernel_comesBack() {
        assertThat(bound(Family.INET, inet("127.0.0.1"))).isEqualTo("127.0.0.1");
        assertThat(bound(Family.INET, inet("0.0.0.0"))).isEqualTo("0.0.0.0");
    }

    @Test
    void v6_boundByTheKernel_comesBack() {
        assertThat(bound(Family.INET6, inet("::1"))).isEqualTo("0:0:0:0:0:0:0:1");
        assertThat(bound(Family.INET6, inet("::"))).isEqualTo("0:0:0:0:0:0:0:0");
    }

    @Test
    void v4_onAV6Socket_isMapped() {
        assertThat(bound(Family.INET6, inet("127.0.0.1"))).isEqualTo("127.0.0.1");
    }

    @Test
    void port_aboveTheSignedRange_comesBack() {
        var address = new InetSocketAddress(InetAddress.ofLiteral("10.1.2.3"), 65_432);

        assertThat(sockaddr.put(address, Family.INET)).isEqualTo(16);
        assertThat(sockaddr.get()).isEqualTo(address);
        assertThat(sockaddr.put(address, Family.INET6)).isEqualTo(28);
        assertThat(sockaddr.get()).isEqualTo(address);
    }

    @Test
    void scope_ofALinkLocalAddress_comesBack() throws UnknownHostException {
        byte[] host = InetAddress.ofLiteral("fe80::1:2").getAddress();
        var address = new InetSocketAddress(Inet6Address.getByAddress(null, host, 3), 80);

        sockaddr.put(address, Family.INET6);

        assertThat(sockaddr.get()).isEqualTo(address);
    }

    @Test
    void unix_boundByTheKernel_comesBack(@TempDir Path folder) {
        Descriptor socket = poller.open(Family.UNIX);
        var address = UnixDomainSocketAddress.of(folder.resolve("sockét"));

        assertThat(socket.bind(address)).isZero();

        assertThat(socket.localAddress()).isEqualTo(address);
    }

    @Test
    void unix_ofNoName_isEmpty() {
        assertThat(poller.open(Family.UNIX).localAddress())
                .isEqualTo(UnixDomainSocketAddress.of(""));
    }

    @Test
    void unix_boundToNoName_getsAnAbstractOne() {
        Descriptor socket = poller.open(Family.UNIX);

        assertThat(socket.bind(UnixDomainSocketAddress.of(""))).isZero();

        assertThat(socket.localAddress()).isInstanceOf(UnixName.class);
    }

    @Test
    void unixName_boundByTheKernel_comesBack() {
        byte[] longest = "x".repeat(UnixName.BYTES_MAX - 1).getBytes(UTF_8);
        byte[] odd = {0, (byte) 0xff, 'a', 0};
        for (UnixName name : List.of(UnixName.of("jloop-sockét"), UnixName.of(longest),
                UnixName.of(odd), UnixName.of("x".repeat(UnixName.BYTES_MAX)))) {
            Descriptor socket = poller.open(Family.UNIX);

            assertThat(socket.bind(name)).isZero();

            assertThat(socket.localAddress()).isEqualTo(name).hasSameHashCodeAs(name);
            assertThat(poller.open(Family.UNIX).bind(name)).isEqualTo(-Errno.EADDRINUSE);
        }
        assertThat(sockaddr.put(UnixName.of("x"), Family.INET)).isEqualTo(-Errno.EAFNOSUPPORT);
    }

    @Test
    void unix_tooLong_isRefused() {
        Descriptor socket = poller.open(Family.UNIX);

        assertThat(socket.bind(UnixDomainSocketAddress.of("/tmp/" + "x".repeat(103))))
                .isEqualTo(-Errno.ENAMETOOLONG);
        assertThat(sockaddr.put(UnixDomainSocketAddress.of("x".repeat(107)), Family.UNIX))
                .isEqualTo(110);
    }

    @Test
    void address_ofAnotherFamily_isRefused() {
        assertThat(sockaddr.put(new InetSocketAddress(inet("::1"), 1), Family.INET))
                .isEqualTo(-Errno.EAFNOSUPPORT);
        assertThat(sockaddr.put(new InetSocketAddress(inet("::1"), 1), Family.UNIX))
                .isEqualTo(-Errno.EAFNOSUPPORT);
        assertThat(sockaddr.put(UnixDomainSocketAddress.of("x"), Family.INET))
                .isEqualTo(-Errno.EAFNOSUPPORT);
    }

    @Test
    void address_unresolved_isAnError() {
        var address = InetSocketAddress.createUnresolved("nowhere.invalid", 80);

        assertThatThrownBy(() -> sockaddr.put(address, Family.INET))
                .isInstanceOf(UnresolvedAddressException.class);
    }

    private String bound(Family family, InetAddress host) {
        Descriptor socket = poller.open(family);
        assertThat(socket.bind(new InetSocketAddress(host, 0))).isZero();
        SocketAddress address = socket.localAddress();
        assertThat(address).isInstanceOf(InetSocketAddress.class);
        assertThat(((InetSocketAddress) address).getPort()).isPositive();
        return ((InetSocketAddress) address).getAddress().getHostAddress();
    }

    private static InetAddress inet(String literal) {
        return InetAddress.ofLiteral(literal);
    }
}

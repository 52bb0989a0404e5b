package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class NioErrorsTest {

    private static void check(int errno, Exception e) {
        assertThat(NioErrors.errno(e)).as("%s", e).isEqualTo(errno);
    }

    @Test
    void errno_goesByTheWordsOfTheSystem() {
        check(Errno.ECONNREFUSED, new ConnectException("Connection refused"));
        check(Errno.ETIMEDOUT, new ConnectException("Connection timed out"));
        check(Errno.EHOSTUNREACH, new NoRouteToHostException("No route to host"));
        check(Errno.ENETUNREACH, new ConnectException("Network is unreachable"));
        check(Errno.EADDRINUSE, new BindException("Address already in use"));
        check(Errno.EADDRNOTAVAIL, new BindException("Cannot assign requested address"));
        check(Errno.EADDRNOTAVAIL, new BindException("Can't assign requested address"));
        check(Errno.EACCES, new BindException("Permission denied"));
        check(Errno.ECONNRESET, new SocketException("Connection reset"));
        check(Errno.ECONNRESET, new IOException("Connection reset by peer"));
        check(Errno.EPIPE, new IOException("Broken pipe"));
        check(Errno.EMFILE, new SocketException("Too many open files"));
        check(Errno.ENFILE, new SocketException("Too many open files in system"));
        check(Errno.EPROTOTYPE, new SocketException("Protocol wrong type for socket"));
    }

    @Test
    void errno_goesByTheClassWhereTheWordsAreUnknown() {
        check(Errno.ECONNREFUSED, new ConnectException("Verbindungsaufbau abgelehnt"));
        check(Errno.EADDRINUSE, new BindException("Die Adresse wird bereits verwendet"));
        check(Errno.EHOSTUNREACH, new NoRouteToHostException("Keine Route zum Zielrechner"));
        check(Errno.EBADF, new ClosedChannelException());
        check(Errno.EIO, new IOException("something else"));
    }

    @Test
    void errno_ofAMisuseThatNoErrorNumberTells_throwsIt() {
        var misuse = new IndexOutOfBoundsException("offset 3, length 2");

        assertThatThrownBy(() -> NioErrors.errno(misuse)).isSameAs(misuse);
    }
}

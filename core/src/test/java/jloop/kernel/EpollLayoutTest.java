package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Whether [EpollEvents] and the kernel mean the same bytes.
class EpollLayoutTest {

    private static final int EVENTS = SystemCalls.EPOLLIN | SystemCalls.EPOLLET;

    final SystemCalls calls = new SystemCalls();
    final EpollEvents found = new EpollEvents(3);
    final EpollEvents event = new EpollEvents(1);

    @Test
    void epollEvent_throughTheKernel_comesBackIntact() {
        int epoll = calls.epollCreate1();
        int[] fds = {calls.eventfd(0), calls.eventfd(0), calls.eventfd(0)};
        long[] data = {0x1122_3344_5566_7788L, -2, Long.MIN_VALUE};
        for (int i = 0; i < fds.length; i++) {
            event.set(0, EVENTS, data[i]);
            assertThat(calls.epollCtl(epoll, SystemCalls.EPOLL_CTL_ADD, fds[i], event.memory))
                    .isZero();
            calls.eventfdWrite(fds[i]);
        }

        assertThat(calls.epollWait(epoll, found.memory, 3, 0)).isEqualTo(3);

        for (int i = 0; i < fds.length; i++) {
            assertThat(found.events(i)).isEqualTo(SystemCalls.EPOLLIN);
            assertThat(found.data(i)).isEqualTo(data[i]);
        }
        close(epoll, fds);
    }

    @Test
    void eventfd_neverRead_givesAnEdgeForEachWrite() {
        int epoll = calls.epollCreate1();
        int fd = calls.eventfd(0);
        event.set(0, EVENTS, 1);
        calls.epollCtl(epoll, SystemCalls.EPOLL_CTL_ADD, fd, event.memory);

        for (int i = 0; i < 3; i++) {
            calls.eventfdWrite(fd);
            assertThat(calls.epollWait(epoll, found.memory, 3, -1)).isEqualTo(1);
            assertThat(calls.epollWait(epoll, found.memory, 3, 0)).isZero();
        }
        close(epoll, fd);
    }

    @Test
    void errno_ofAFailedCall_isKept() {
        assertThat(calls.close(-1)).isEqualTo(-Errno.EBADF);
        assertThat(calls.recv(-1, new byte[1], 0, 1)).isEqualTo(-Errno.EBADF);
        assertThat(calls.socket(99, SystemCalls.SOCK_STREAM, 0)).isEqualTo(-Errno.EAFNOSUPPORT);
        assertThat(calls.epollWait(-1, found.memory, 3, 0)).isEqualTo(-Errno.EBADF);
        assertThat(calls.epollWait(-1, found.memory, 3, 1)).isEqualTo(-Errno.EBADF);
        close(-1);
    }

    private void close(int epoll, int... fds) {
        calls.close(epoll);
        for (int fd : fds) calls.close(fd);
        event.free();
        found.free();
        calls.release();
    }
}

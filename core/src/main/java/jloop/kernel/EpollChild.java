package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import jloop.poller.Child;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import org.jspecify.annotations.Nullable;

/// A child process of an [EpollPoller].
final class EpollChild extends Child {

    /*
     * A pidfd is readable when its process has ended, and means that process for ever. Where
     * there is none to be had, or epoll has no room for it, a thread waits for the end and puts
     * the child into a queue of the poller; without a pidfd it is known by its process id, which
     * is its own until it is reaped, by us alone.
     *
     * siginfo_t of waitid(2), the same on all machines with words of 64 bits
     *   int si_code       8
     *   int si_pid       16      0: has not ended
     *   int si_status    24
     *   sizeof          128
     */
    private static final int CODE = 8;
    private static final int PID = 16;
    private static final int STATUS = 24;
    static final int SIGINFO_BYTES = 128;

    private static final int CLD_EXITED = 1;
    private static final int SIGKILL = 9;
    private static final int LOOKS_MAX = 1000;      // with this between them: a second
    private static final long LOOK_NANOS = Duration.ofMillis(1).toNanos();

    private final EpollPoller poller;
    private final int error;
    private final String culprit;
    private final long pid;
    private @Nullable EpollSocket pidfd;
    private @Nullable Runnable ended;
    private boolean reaped;

    /// One that could not be started.
    EpollChild(EpollPoller poller, int error, String culprit) {
        this.poller = poller;
        this.error = error;
        this.culprit = culprit;
        this.pid = 0;
        this.reaped = true;
    }

    EpollChild(EpollPoller poller, long pid, String program, @Nullable Descriptor[] ends) {
        this.poller = poller;
        this.error = 0;
        this.culprit = program;
        this.pid = pid;
        System.arraycopy(ends, 0, this.ends, 0, ends.length);
        int fd = poller.calls.pidfdOpen(pid);
        if (fd >= 0) pidfd = poller.socket(fd, Family.UNIX);
    }

    @Override
    public int error() {
        return error;
    }

    @Override
    public String culprit() {
        return culprit;
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public void watch(Runnable ended) {
        this.ended = ended;
        EpollSocket readable = pidfd;
        if (readable == null || poller.submit(new End(readable)))
            Thread.ofPlatform().daemon().name("jloop-child-" + pid).start(this::await);
    }

    /// The end of a child that has a pidfd.
    private final class End extends Operation {

        End(EpollSocket pidfd) {
            super(pidfd);
        }

        @Override
        public void completed() {
            if (result == 0) tell();
        }
    }

    /// Waits, on a thread of its own, until it has ended.
    private void await() {
        byOwnCalls((calls, info) -> waitFor(
                calls, info, SystemCalls.P_PID, pid, SystemCalls.WEXITED | SystemCalls.WNOWAIT));
        poller.ended(this);
    }

    private interface Work {
        void by(SystemCalls calls, MemorySegment info);
    }

    /// For other threads, and for when the poller is closed.
    private static void byOwnCalls(Work work) {
        SystemCalls calls = new SystemCalls();
        MemorySegment info = SystemCalls.allocate(SIGINFO_BYTES);
        work.by(calls, info);
        SystemCalls.free(info);
        calls.release();
    }

    private static int waitFor(
            SystemCalls calls, MemorySegment info, int type, long id, int options) {
        int result;
        do result = calls.waitid(type, id, info, options);
        while (result == -Errno.EINTR);
        return result;
    }

    /// It has ended. Within [EpollPoller#poll(long)].
    void tell() {
        Runnable listener = ended;
        ended = null;
        if (listener != null) listener.run();
    }

    @Override
    public int reap() {
        int status = waitNow(poller.calls, poller.childInfo());
        assert reaped : "child " + pid + " has not ended";
        release();
        return status;
    }

    /// Reaps it if it has ended.
    private int waitNow(SystemCalls calls, MemorySegment info) {
        info.set(JAVA_INT, PID, 0);
        int known = openPidfd();
        int result = waitFor(calls, info, known < 0 ? SystemCalls.P_PID : SystemCalls.P_PIDFD,
                known < 0 ? pid : known, SystemCalls.WEXITED | SystemCalls.WNOHANG);
        reaped = result < 0 || info.get(JAVA_INT, PID) != 0;
        if (result < 0) return REAPED_BY_OTHERS;
        int status = info.get(JAVA_INT, STATUS);
        return info.get(JAVA_INT, CODE) == CLD_EXITED ? status : -status;
    }

    @Override
    public int signal(int number) {
        return isGone() ? -Errno.ESRCH : signal(poller.calls, number);
    }

    // A poller that is closed has no system calls any more.
    private boolean isGone() {
        return reaped || poller.isClosed();
    }

    private int signal(SystemCalls calls, int number) {
        int known = openPidfd();
        return known < 0 ? calls.kill(pid, number) : calls.pidfdSendSignal(known, number);
    }

    /// Its number, or -1.
    private int openPidfd() {
        EpollSocket known = pidfd;
        return known == null ? -1 : known.number();
    }

    @Override
    public int signalGroup(int number) {
        return isGone() ? -Errno.ESRCH : poller.calls.kill(-pid, number);
    }

    @Override
    public boolean close() {
        ended = null;
        boolean[] ran = new boolean[1];
        Work end = (calls, info) -> ran[0] = end(calls, info);
        if (!reaped) {
            if (poller.isClosed()) byOwnCalls(end);
            else end.by(poller.calls, poller.childInfo());
        }
        release();
        return ran[0];
    }

    private boolean end(SystemCalls calls, MemorySegment info) {
        waitNow(calls, info);
        if (reaped) return false;
        signal(calls, SIGKILL);
        for (int looks = 0; !reaped && looks < LOOKS_MAX; looks++) {
            LockSupport.parkNanos(LOOK_NANOS);
            waitNow(calls, info);
        }
        if (!reaped) Thread.ofPlatform().daemon().name("jloop-child-" + pid)
                .start(() -> byOwnCalls((own, place) ->
                        waitFor(own, place, SystemCalls.P_PID, pid, SystemCalls.WEXITED)));
        reaped = true;
        return true;
    }

    private void release() {
        EpollSocket known = pidfd;
        pidfd = null;
        if (known != null) known.close();
    }
}

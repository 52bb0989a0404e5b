package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The queues of an io_uring, and what becomes of them when the kernel refuses a call.
class RingTest {

    private static final int NOP = 0;
    private static final int MOMENT_NANOS = 1_000_000;

    /// Has nothing done, and waits for that: 0, or the `-errno` that put an end to it.
    static int play(SystemCalls calls) {
        Ring ring = new Ring(calls, 2, true);
        try {
            ring.ask(NOP, -1, 0, 0, 0, 0, 7);
            int result = ring.enter(1, Long.MAX_VALUE);
            return result < 0 ? result : take(ring).equals(List.of(7L)) ? 0 : 1;
        } finally {
            ring.release();
        }
    }

    private static List<Long> take(Ring ring) {
        List<Long> taken = new ArrayList<>();
        int end = ring.end();
        while (ring.take(end, (data, _, _) -> taken.add(data))) { }
        return taken;
    }

    @ParameterizedTest(name = "owned: {0}")
    @ValueSource(booleans = {true, false})
    void enter_ofMoreThanTheQueueHolds_doesAllInOrder(boolean isOwned) {
        var calls = new SystemCalls();
        Ring ring = new Ring(calls, 2, isOwned);
        try {
            List<Long> asked = new ArrayList<>();
            for (long i = 0; i < 5; i++) {
                ring.ask(NOP, -1, 0, 0, 0, 0, i);
                asked.add(i);
            }
            assertThat(ring.enter(5, Long.MAX_VALUE)).isNotNegative();
            assertThat(ring.asked()).isZero();
            assertThat(take(ring)).isEqualTo(asked);
            assertThat(ring.enter(1, MOMENT_NANOS)).isNegative();       // ETIME
        } finally {
            ring.release();
            calls.release();
        }
    }

    /// One call after the other fails, as far as there are any.
    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"URING_SETUP", "URING_ENTER", "URING_REGISTER", "MMAP", "MUNMAP"})
    void failure_ofACall_isReportedAndLeavesNothing(Call call) {
        boolean isReached = true;
        for (int nth = 1; isReached; nth++) {
            long before = KernelFiles.count();
            var calls = new FaultySystemCalls().fail(call, nth, Errno.ENOMEM);
            int result = playRefused(calls);
            isReached = calls.count(call) >= nth;
            boolean isVisible = isReached && call != Call.MUNMAP
                    && !(call == Call.URING_REGISTER && nth == 2);     // the number for enter
            assertThat(result).as("%s %s", call, nth).isEqualTo(isVisible ? -Errno.ENOMEM : 0);
            assertThat(KernelFiles.count()).as("%s %s", call, nth).isEqualTo(before);
            int unmapped = calls.count(Call.MMAP) - (isReached && call == Call.MMAP ? 1 : 0);
            assertThat(calls.count(Call.MUNMAP)).as("%s %s", call, nth).isEqualTo(unmapped);
            calls.release();
        }
    }

    private static int playRefused(SystemCalls calls) {
        try {
            return play(calls);
        } catch (UncheckedIOException e) {
            assertThat(e).hasMessageContaining(Errno.text(Errno.ENOMEM));
            return -Errno.ENOMEM;
        }
    }

    @Test
    void setup_thatIsRefusedAsUnknown_isTriedWithoutTheFlagThatIsNewest() {
        var calls = new FaultySystemCalls().fail(Call.URING_SETUP, 1, 1, Errno.EINVAL);

        assertThat(play(calls)).isZero();
        calls.release();
    }
}

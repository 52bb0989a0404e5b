package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CapacityLimiterTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final CapacityLimiter limiter = new CapacityLimiter(1);

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private Task<Void> taker(Object tag) {
        return createTask(() -> {
            limiter.acquireOnBehalfOf(tag);
            trace.add(tag);
        });
    }

    @Test
    void acquire_byATask_lendsItAToken() {
        run(() -> {
            CapacityLimiter two = new CapacityLimiter(2);
            two.acquire();
            assertThat(two.borrowedTokens()).isEqualTo(1);
            assertThat(two.availableTokens()).isEqualTo(1);
            assertThat(two.totalTokens()).isEqualTo(2);
            assertThat(two).hasToString("<CapacityLimiter [1/2 borrowed]>");
            two.release();
            assertThat(two.availableTokens()).isEqualTo(2);
        });
    }

    @Test
    void acquire_twiceByOneBorrower_isRefused() {
        run(() -> {
            CapacityLimiter two = new CapacityLimiter(2);
            two.acquire();
            assertThatIllegalStateException().isThrownBy(two::acquire)
                    .withMessageContaining("one token at most");
            assertThatIllegalStateException().isThrownBy(two::acquireNowait);
            two.acquireOnBehalfOf("job");
            assertThatIllegalStateException().isThrownBy(() -> two.acquireOnBehalfOf("job"));
            assertThat(two.borrowedTokens()).isEqualTo(2);
        });
    }

    @Test
    void acquire_byABorrowerThatWaits_isRefused() {
        run(() -> {
            limiter.acquire();
            Task<Void> task = taker("job");
            turn();
            assertThatIllegalStateException().isThrownBy(() -> limiter.acquireOnBehalfOf("job"))
                    .withMessageContaining("waits for one");
            task.cancel();
            turn();
            limiter.release();
            limiter.acquireOnBehalfOf("job");       // it has left the queue
        });
    }

    @Test
    void release_byWhoHoldsNone_isRefused() {
        run(() -> {
            limiter.acquireOnBehalfOf("job");
            assertThatIllegalStateException().isThrownBy(limiter::release)
                    .withMessageContaining("holds no token");
            assertThatIllegalStateException().isThrownBy(() -> limiter.releaseOnBehalfOf("x"));
            assertThat(limiter.borrowedTokens()).isEqualTo(1);
        });
    }

    @Test
    void acquireNowait_withoutAToken_wouldBlock() {
        run(() -> {
            limiter.acquireNowait();
            assertThatThrownBy(() -> limiter.acquireOnBehalfOfNowait("job"))
                    .isInstanceOf(WouldBlockException.class)
                    .hasMessage("no token is free: <CapacityLimiter [1/1 borrowed]>");
            limiter.release();
            limiter.acquireOnBehalfOfNowait("job");
        });
    }

    @Test
    void release_handsTheTokenToTheFirstThatWaits() {
        run(() -> {
            limiter.acquire();
            Task<Void> one = taker(1);
            Task<Void> two = taker(2);
            turn();
            assertThat(limiter).hasToString("<CapacityLimiter [1/1 borrowed, waiters:2]>");
            limiter.release();
            assertThat(limiter.availableTokens()).isZero();
            assertThatThrownBy(limiter::acquireNowait).isInstanceOf(WouldBlockException.class);
            one.await();
            limiter.releaseOnBehalfOf(1);
            two.await();
        });
        assertThat(trace).containsExactly(1, 2);
    }

    @Test
    void cancel_ofAWaiter_takesItOut() {
        run(() -> {
            limiter.acquire();
            Task<Void> one = taker(1);
            Task<Void> two = taker(2);
            turn();
            one.cancel();
            limiter.release();
            two.await();
            assertThat(one.cancelled()).isTrue();
            assertThat(limiter.borrowedTokens()).isEqualTo(1);
        });
        assertThat(trace).containsExactly(2);
    }

    @Test
    void cancel_ofAWokenWaiter_givesItsTokenToTheNext() {
        run(() -> {
            limiter.acquire();
            Task<Void> one = taker(1);
            Task<Void> two = taker(2);
            turn();
            limiter.release();
            one.cancel();
            two.await();
            limiter.releaseOnBehalfOf(2);
        });
        assertThat(trace).containsExactly(2);
        assertThat(limiter.availableTokens()).isEqualTo(1);
    }

    @Test
    void setTotalTokens_toMore_wakesAsManyAsThereAre() {
        run(() -> {
            limiter.acquire();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 1; i <= 3; i++) tasks.add(taker(i));
            turn();
            limiter.setTotalTokens(3);
            turn();
            assertThat(trace).containsExactly(1, 2);
            tasks.get(2).cancel();
        });
    }

    @Test
    void setTotalTokens_toLess_takesNothingAwayButLendsNoMore() {
        run(() -> {
            limiter.setTotalTokens(2);
            limiter.acquireOnBehalfOf("a");
            limiter.acquireOnBehalfOf("b");
            limiter.setTotalTokens(1);
            assertThat(limiter.availableTokens()).isEqualTo(-1);
            Task<Void> task = taker("c");
            turn();
            limiter.releaseOnBehalfOf("a");
            turn();
            assertThat(trace).isEmpty();
            limiter.releaseOnBehalfOf("b");
            task.await();
        });
        assertThat(trace).containsExactly("c");
    }

    @Test
    void totalTokens_ofLessThanNone_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new CapacityLimiter(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> limiter.setTotalTokens(-1))
                .withMessage("a limiter has at least 0 tokens, not -1");
        assertThat(limiter.totalTokens()).isEqualTo(1);
    }

    @Test
    void withToken_holdsOneWhileTheBodyRuns() {
        run(() -> {
            assertThat(limiter.<Integer>withToken(() -> limiter.borrowedTokens())).isEqualTo(1);
            assertThatThrownBy(() -> limiter.withToken(() -> {
                throw new Exception("checked");
            }))
                    .isInstanceOf(Exception.class);
            assertThat(limiter.borrowedTokens()).isZero();
        });
    }

    @Test
    void acquire_outsideOfATask_isRefused() {
        assertThatIllegalStateException().isThrownBy(limiter::acquire);
        assertThatIllegalStateException().isThrownBy(limiter::acquireNowait);
        assertThatIllegalStateException().isThrownBy(limiter::release);
        limiter.acquireOnBehalfOfNowait("job");     // does not wait, needs no task
        limiter.releaseOnBehalfOf("job");
    }

    @Test
    void acquire_onAnotherLoop_failsOnlyIfItHasToWait() {
        EventLoop second = check.newLoop();
        run(() -> {
            limiter.acquireOnBehalfOf("a");
            loop.callSoon(() -> limiter.releaseOnBehalfOf("a"));
            limiter.acquireOnBehalfOf("b");
        });
        second.runUntilComplete(() -> {
            assertThatIllegalStateException().isThrownBy(() -> limiter.acquireOnBehalfOf("c"))
                    .withMessageContaining("bound to a different event loop");
            limiter.releaseOnBehalfOf("b");
            limiter.acquireOnBehalfOf("c");
        });
    }

    @Test
    void acquire_inACancelledLevelScope_throwsAndBorrowsNothing() {
        run(() -> {
            CancelScope scope = CancelScope.enterLevel(Task.current());
            scope.cancel(null);
            CancelledError error = catchThrowableOfType(CancelledError.class, limiter::acquire);
            assertThat(scope.leave(error)).isTrue();
        });
        assertThat(limiter.borrowedTokens()).isZero();
    }
}

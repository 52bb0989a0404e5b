package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import jloop.CapacityLimiter;
import jloop.Task;
import jloop.WouldBlockException;

/// The twins of `scenarios/limiter`.
final class LimiterScenarios {

    private LimiterScenarios() { }

    static void order(Trace trace) {
        trace.run(() -> {
            CapacityLimiter limiter = new CapacityLimiter(1);
            limiter.acquire();
            trace.out(limiter.borrowedTokens(), limiter.availableTokens(), limiter.totalTokens());
            try {
                limiter.acquireNowait();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
            try {
                limiter.acquireOnBehalfOfNowait("somebody");
            } catch (WouldBlockException _) {
                trace.out("none left");
            }
            Task<Void> borrower = createTask(() -> limiter.withToken(
                    () -> trace.out("borrowed", Trace.now())));
            sleep(Duration.ofSeconds(1));
            limiter.release();
            borrower.await();
            try {
                limiter.release();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
            limiter.setTotalTokens(3);
            trace.out(limiter.availableTokens());
        });
    }
}

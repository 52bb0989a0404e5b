package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.shield;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import jloop.CancelledError;
import jloop.Future;
import jloop.Task;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/shield`.
final class ShieldScenarios {

    private static final Duration FIVE = Duration.ofSeconds(5);
    private static final Duration ONE = Duration.ofSeconds(1);
    private static final Duration TEN = Duration.ofSeconds(10);

    private ShieldScenarios() { }

    private static void boom() throws Boom {
        throw new Boom();
    }

    static void resultAndException(Trace trace) {
        trace.run(() -> {
            trace.out(shield(() -> sleep(ONE, "result")).await());
            try {
                shield(ShieldScenarios::boom).await(Boom.class);
            } catch (Boom e) {
                trace.out(e);
            }
            Future<Integer> done = getRunningLoop().createFuture();
            done.setResult(1);
            trace.out(shield(done) == done);
        });
    }

    static void outerCancelled(Trace trace) {
        trace.run(() -> {
            Task<String> inner = createTask(() -> {
                sleep(FIVE);
                trace.out("worked", Trace.now());
                return "result";
            });
            Task<Void> task = createTask(() -> {
                try {
                    shield(inner).await();
                } catch (CancelledError e) {
                    trace.out("cancelled", Trace.now());
                    throw e;
                }
            });
            sleep(ONE);
            task.cancel();
            trace.out(inner.await());
            trace.out(task.cancelled());
        });
    }

    static void innerCancelled(Trace trace) {
        trace.run(() -> {
            Task<Void> inner = createTask(() -> sleep(TEN));
            Future<Void> outer = shield(inner);
            sleep(Duration.ZERO);
            inner.cancel();
            try {
                outer.await();
            } catch (CancelledError _) {
                trace.out(outer.cancelled(), Objects.requireNonNull(currentTask()).cancelling());
            }
        });
    }

    static void failureNobodySees(Trace trace) {
        trace.run(() -> {
            Task<Void> inner = createTask(() -> {
                sleep(FIVE);
                boom();
            });
            Future<Void> outer = shield(inner);
            sleep(ONE);
            outer.cancel();
            sleep(TEN);
            trace.out("end", Trace.now(), inner.exception());
        });
    }

    static void successNobodySees(Trace trace) {
        trace.run(() -> {
            Task<String> inner = createTask(() -> sleep(FIVE, "value"));
            Future<String> outer = shield(inner);
            sleep(ONE);
            outer.cancel();
            sleep(TEN);
            trace.out(inner.result(), outer.cancelled());
        });
    }

    static void gatherOfShields(Trace trace) {
        trace.run(() -> {
            Future<Integer> one = getRunningLoop().createFuture();
            Future<Integer> two = getRunningLoop().createFuture();
            Future<List<Integer>> both = gather(shield(one), shield(two));
            sleep(Duration.ZERO);
            both.cancel();
            try {
                both.await();
            } catch (CancelledError _) {
                trace.out("cancelled", one.done(), two.done());
            }
            one.setResult(1);
            two.setResult(2);
            sleep(Duration.ZERO);
        });
    }
}

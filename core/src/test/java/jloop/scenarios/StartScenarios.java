package jloop.scenarios;

import static jloop.Asyncio.sleep;

import java.time.Duration;
import jloop.TaskGroup;
import jloop.TaskStatus;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/start`.
final class StartScenarios {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private StartScenarios() { }

    static void value(Trace trace) {
        trace.run(() -> {
            TaskGroup.open(group -> {
                String address = group.start(status -> serve(trace, status));
                trace.out(address, Trace.now());
            });
            trace.out("left", Trace.now());
        });
    }

    private static void serve(Trace trace, TaskStatus<String> status) {
        sleep(SECOND);
        status.started("address");
        sleep(SECOND);
        trace.out("served", Trace.now());
    }

    static void errorBeforeStarted(Trace trace) {
        trace.run(() -> TaskGroup.open(group -> {
            try {
                group.<String>start(_ -> {
                    sleep(SECOND);
                    throw new Boom();
                });
            } catch (Exception e) {
                trace.out(e, Trace.now());
            }
            sleep(SECOND);
            trace.out("the group goes on", Trace.now());
        }));
    }

    static void neverStarted(Trace trace) {
        trace.run(() -> TaskGroup.open(group -> {
            try {
                group.<String>start(_ -> sleep(SECOND));
            } catch (IllegalStateException e) {
                trace.out(e);
            }
        }));
    }

    static void startedTwice(Trace trace) {
        trace.run(() -> TaskGroup.open(group -> {
            int value = group.<Integer>start(status -> {
                status.started(1);
                try {
                    status.started(2);
                } catch (IllegalStateException e) {
                    trace.out(e);
                }
            });
            trace.out(value);
        }));
    }
}

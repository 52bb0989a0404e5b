package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.generator;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.NoSuchElementException;
import jloop.AsyncGenerator;
import jloop.CancelledError;
import jloop.GeneratorExit;
import jloop.Task;
import jloop.scenarios.Trace.Boom;
import org.jspecify.annotations.Nullable;

/// The twins of `scenarios/generators`.
final class GeneratorScenarios {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private GeneratorScenarios() { }

    static void byHand(Trace trace) {
        trace.run(() -> {
            AsyncGenerator<Integer> numbers = generator(y -> {
                trace.out("begins");
                y.yield(1);
                sleep(SECOND);
                y.yield(2);
                trace.out("ends");
            });
            trace.out("made");
            for (int number : numbers) trace.out("got", number);
            for (int _ : numbers) trace.out("never");
        });
    }

    static void runsOnlyWhenAsked(Trace trace) {
        trace.run(() -> {
            AsyncGenerator<Integer> numbers = generator(y -> {
                for (int n = 0; n < 3; n++) {
                    trace.out("making", n);
                    y.yield(n);
                }
            });
            for (int number : numbers) {
                trace.out("got", number);
                sleep(SECOND);
            }
        });
    }

    static void send(Trace trace) {
        trace.run(() -> {
            try (AsyncGenerator<String> echo = generator(y -> {
                Object got = y.yield("first");
                while (true) got = y.yield("echo " + got);
            })) {
                trace.out(echo.next());
                trace.out(echo.send("a"));
                trace.out(echo.send("b"));
            }
        });
    }

    static void closedEarly(Trace trace) {
        trace.run(() -> {
            AsyncGenerator<Integer> numbers = generator(y -> {
                try {
                    y.yield(1);
                    y.yield(2);
                } finally {
                    sleep(SECOND);
                    trace.out("clean", Trace.now());
                }
            });
            trace.out(numbers.next());
            numbers.close();
            trace.out("closed", Trace.now());
            numbers.close();
            for (int _ : numbers) trace.out("never");
        });
    }

    static void throwIn(Trace trace) {
        trace.run(() -> {
            AsyncGenerator<Object> numbers = generator(y -> {
                try {
                    y.yield(1, Boom.class);
                } catch (Boom _) {
                    trace.out("caught");
                    y.yield("after");
                }
            });
            trace.out(numbers.next());
            trace.out(numbers.throwIn(new Boom()));
            try {
                numbers.next();
            } catch (NoSuchElementException _) {
                trace.out("over");
            }
        });
    }

    static void fails(Trace trace) {
        trace.run(() -> {
            AsyncGenerator<Integer> numbers = generator(y -> {
                y.yield(1);
                throw new Boom();
            });
            trace.out(numbers.next());
            @Nullable Throwable failure = null;
            try {
                numbers.next();
            } catch (Throwable e) {
                failure = e;
            }
            trace.out(failure);
            for (int _ : numbers) trace.out("never");
            trace.out("end");
        });
    }

    static void consumerCancelled(Trace trace) {
        trace.run(() -> {
            Task<Void> task = createTask(() -> consume(trace));
            sleep(SECOND);
            task.cancel();
            try {
                task.await();
            } catch (CancelledError _) {
                trace.out("consumer cancelled", Trace.now());
            }
        });
    }

    private static void consume(Trace trace) {
        AsyncGenerator<Integer> numbers = generator(y -> {
            try {
                y.yield(1);
                sleep(Duration.ofSeconds(100));
            } catch (CancelledError e) {
                trace.out("body cancelled", Trace.now());
                throw e;
            }
        });
        for (int number : numbers) trace.out(number);
    }

    static void ignoresItsClose(Trace trace) {
        trace.run(() -> {
            AsyncGenerator<Integer> stubborn = generator(y -> {
                while (true) {
                    try {
                        y.yield(1);
                    } catch (GeneratorExit _) {
                        trace.out("ignored");
                    }
                }
            });
            trace.out(stubborn.next());
            try {
                stubborn.close();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
        });
    }
}

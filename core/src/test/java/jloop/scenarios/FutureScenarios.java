package jloop.scenarios;

import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import jloop.Asyncio;
import jloop.CancelledError;
import jloop.EventLoop;
import jloop.Future;
import jloop.Task;
import jloop.scenarios.Trace.Bang;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/futures`.
final class FutureScenarios {

    private FutureScenarios() { }

    private static void attempt(Trace trace, Callable<?> call) {
        try {
            trace.out(call.call());
        } catch (Throwable e) {
            trace.out("raised", e);
        }
    }

    private static void attemptTo(Trace trace, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            trace.out("raised", e);
        }
    }

    static void states(Trace trace) {
        trace.run(() -> {
            EventLoop loop = getRunningLoop();
            Future<Integer> pending = loop.createFuture();
            Future<Integer> result = loop.createFuture();
            Future<Integer> failed = loop.createFuture();
            Future<Integer> cancelled = loop.createFuture();
            result.setResult(5);
            failed.setException(new Boom());
            cancelled.cancel();
            for (Future<Integer> future : List.of(pending, result, failed, cancelled)) {
                trace.out(future.done(), future.cancelled());
                attempt(trace, future::result);
                attempt(trace, future::exception);
            }
        });
    }

    static void setTwice(Trace trace) {
        trace.run(() -> {
            Future<Integer> future = getRunningLoop().createFuture();
            future.setResult(1);
            attemptTo(trace, () -> future.setResult(2));
            attemptTo(trace, () -> future.setException(new Boom()));
            trace.out(future.cancel(), future.result());
            Future<Integer> other = getRunningLoop().createFuture();
            trace.out(other.cancel(), other.cancel());
            attemptTo(trace, () -> other.setResult(1));
        });
    }

    static void callbacksAreNeverInline(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            future.addDoneCallback(f -> trace.out("one", f.result()));
            future.addDoneCallback(f -> trace.out("two", f.result()));
            future.setResult("x");
            trace.out("set");
            future.addDoneCallback(f -> trace.out("three", f.result()));
            trace.out("added");
            sleep(Duration.ZERO);
            trace.out("end");
        });
    }

    static void callbacksAreSeparateHandles(Trace trace) {
        trace.run(() -> {
            EventLoop loop = getRunningLoop();
            Future<String> future = loop.createFuture();
            future.addDoneCallback(_ -> {
                trace.out("first");
                loop.callSoon(() -> trace.out("from first"));
            });
            future.addDoneCallback(_ -> trace.out("second"));
            loop.callSoon(() -> trace.out("before"));
            future.setResult("");
            loop.callSoon(() -> trace.out("after"));
            sleep(Duration.ZERO);
            sleep(Duration.ZERO);
        });
    }

    static void removeDoneCallback(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            Consumer<Future<String>> tell = _ -> trace.out("tell");
            Consumer<Future<String>> other = _ -> trace.out("other");
            for (Consumer<Future<String>> callback : List.of(tell, other, tell, tell))
                future.addDoneCallback(callback);
            trace.out(future.removeDoneCallback(tell));
            trace.out(future.removeDoneCallback(tell));
            future.setResult("");
            sleep(Duration.ZERO);
        });
    }

    static void failingCallback(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            future.addDoneCallback(_ -> Trace.sneak(new Boom()));
            future.addDoneCallback(_ -> trace.out("next"));
            future.setResult("");
            sleep(Duration.ZERO);
            trace.out("alive");
        });
    }

    static void cancelledFutureIsAwaited(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            getRunningLoop().callSoon(() -> trace.out("callback"));
            future.cancel("why");
            try {
                future.await();
            } catch (CancelledError e) {
                trace.out("caught", e.reason());
            }
            sleep(Duration.ZERO);
        });
    }

    static void sameExceptionObject(Trace trace) {
        trace.run(() -> {
            Boom boom = new Boom();
            Future<String> future = getRunningLoop().createFuture();
            future.setException(boom);
            for (int i = 0; i < 2; i++) {
                try {
                    future.await(Boom.class);
                } catch (Boom e) {
                    trace.out(e == boom);
                }
            }
            trace.out(future.exception() == boom);
        });
    }

    static void otherLoopsFuture(Trace trace) {
        trace.run(() -> {
            EventLoop other = trace.newLoop();
            Future<String> future = other.createFuture();
            try {
                future.await();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
            other.close();
        });
    }

    static void ensureFuture(Trace trace) {
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            trace.out(Asyncio.ensureFuture(future) == future);
            Task<Integer> task = Asyncio.ensureFuture(() -> {
                trace.out("runs");
                return 4;
            });
            trace.out(Asyncio.ensureFuture(task) == task);
            trace.out(task.await());
        });
    }

    static void neverRetrieved(Trace trace) {
        EventLoop loop = trace.newLoop();
        failed(loop, new Boom());
        failed(loop, new Bang()).exception();
        trace.out(failed(loop, new Bang()).cancel());
        loop.close();
        trace.out("closed");
    }

    private static Future<String> failed(EventLoop loop, Exception error) {
        Future<String> future = loop.createFuture();
        future.setException(error);
        return future;
    }
}

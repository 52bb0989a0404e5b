package jloop.scenarios;

import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jloop.EventLoop;
import jloop.Future;
import jloop.Handle;
import jloop.KeyboardInterrupt;
import jloop.Socket;
import jloop.Task;
import jloop.TimerHandle;
import jloop.scenarios.Trace.Bang;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/callbacks`.
final class CallbackScenarios {

    private static final long SECOND = 1_000_000_000;       // of the loop's clock
    private static final long NANOS_PER_MILLI = 1_000_000;

    private CallbackScenarios() { }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static long millis(EventLoop loop) {
        return loop.time() / NANOS_PER_MILLI;
    }

    static void orderOfATurn(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callSoon(() -> {
            loop.callSoon(() -> trace.out("a"));
            loop.callLater(Duration.ZERO, () -> trace.out("b"));
            loop.callSoon(() -> trace.out("c"));
        });
        loop.callLater(seconds(1), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void socketReadableMeanwhile(Trace trace) {
        EventLoop loop = new EventLoop();
        loop.runUntilComplete(() -> {
            Socket listener = Socket.open(loop, StandardProtocolFamily.INET);
            listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            listener.listen(1);
            Socket peer = Socket.open(loop, StandardProtocolFamily.INET);
            loop.sockConnect(peer, Objects.requireNonNull(listener.localAddress()));
            readWhatComes(trace, loop.sockAccept(listener), peer);
            listener.close();
        });
        loop.close();
    }

    private static void readWhatComes(Trace trace, Socket mine, Socket peer) {
        EventLoop loop = getRunningLoop();
        Future<String> read = loop.createFuture();
        loop.addReader(mine, () -> {
            trace.out("reader");
            read.setResult("");
            loop.removeReader(mine);
        });
        loop.callSoon(() -> {
            trace.out("x");
            send(peer);
            loop.callSoon(() -> trace.out("y"));
        });
        read.await();
        mine.close();
        peer.close();
    }

    private static void send(Socket peer) {
        try {
            peer.sendNow(new byte[3], 0, 3);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void batchIsBounded(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callSoon(() -> {
            trace.out("first");
            loop.callSoon(() -> {
                trace.out("third");
                loop.callSoon(() -> trace.out("fifth"));
            });
        });
        loop.callSoon(() -> {
            trace.out("second");
            loop.callSoon(() -> trace.out("fourth"));
        });
        loop.callLater(seconds(1), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void stopBeforeRun(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.stop();
        loop.callSoon(() -> {
            trace.out("a");
            loop.callSoon(() -> trace.out("later"));
        });
        loop.runForever();
        trace.out("returned");
        loop.stop();
        loop.runForever();
        loop.close();
    }

    static void stopKeepsWhatIsScheduled(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callSoon(() -> {
            loop.stop();
            loop.callSoon(() -> trace.out("next run"));
        });
        loop.callSoon(() -> trace.out("same batch"));
        loop.runForever();
        trace.out("between", loop.isRunning());
        loop.callSoon(loop::stop);
        loop.runForever();
        loop.close();
    }

    static void interruptLeavesTheRest(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callSoon(() -> trace.out("before"));
        loop.callSoon(() -> {
            throw new KeyboardInterrupt();
        });
        loop.callSoon(() -> trace.out("one"));
        loop.callSoon(() -> trace.out("two"));
        try {
            loop.runForever();
        } catch (KeyboardInterrupt e) {
            trace.out("raised", e);
        }
        loop.callSoon(loop::stop);
        loop.runForever();
        loop.close();
    }

    static void failingCallback(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callSoon(() -> Trace.sneak(new Boom()));
        loop.callSoon(() -> trace.out("next"));
        loop.callSoon(loop::stop);
        loop.runForever();
        loop.close();
    }

    static void cancelledHandle(Trace trace) {
        EventLoop loop = trace.newLoop();
        Handle handle = loop.callSoon(() -> trace.out("never"));
        TimerHandle timer = loop.callLater(seconds(1), () -> trace.out("never either"));
        trace.out(handle.cancelled(), timer.cancelled());
        handle.cancel();
        handle.cancel();
        loop.callSoon(timer::cancel);
        loop.callLater(seconds(2), loop::stop);
        loop.runForever();
        trace.out(handle.cancelled(), timer.cancelled(), millis(loop));
        loop.close();
    }

    static void handleCancelledInItsBatch(Trace trace) {
        EventLoop loop = trace.newLoop();
        List<Handle> handles = new ArrayList<>();
        loop.callSoon(() -> handles.getFirst().cancel());
        handles.add(loop.callSoon(() -> trace.out("never")));
        loop.callSoon(() -> {
            trace.out("last");
            loop.stop();
        });
        loop.runForever();
        loop.close();
    }

    static void timersByTime(Trace trace) {
        EventLoop loop = trace.newLoop();
        for (int delay : new int[] {3, 1, 2})
            loop.callLater(seconds(delay), () -> trace.out(delay, millis(loop)));
        loop.callLater(seconds(4), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void negativeDelays(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callLater(seconds(-1), () -> trace.out("minus one"));
        loop.callLater(seconds(-2), () -> trace.out("minus two"));
        loop.callSoon(() -> trace.out("soon"));
        loop.callLater(seconds(1), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void equalTimers(Trace trace) {
        EventLoop loop = trace.newLoop();
        for (int i = 0; i < 8; i++) {
            int number = i;
            loop.callAt(SECOND, () -> trace.out(number));
        }
        loop.callAt(2 * SECOND, loop::stop);
        loop.runForever();
        loop.close();
    }

    static void timerMadeByATimer(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callLater(seconds(1), () -> {
            trace.out("first");
            loop.callLater(Duration.ZERO, () -> trace.out("third"));
            loop.callSoon(() -> trace.out("second"));
        });
        loop.callLater(seconds(2), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void timersSurviveAStop(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callLater(seconds(2), () -> trace.out("timer"));
        loop.callLater(seconds(1), loop::stop);
        loop.runForever();
        trace.out("stopped", millis(loop));
        loop.callLater(seconds(2), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void hugeDelay(Trace trace) {
        EventLoop loop = trace.newLoop();
        TimerHandle timer = loop.callLater(seconds(100_000_000_000L), () -> trace.out("never"));
        loop.callLater(seconds(1), loop::stop);
        loop.runForever();
        trace.out(timer.cancelled(), millis(loop));
        timer.cancel();
        loop.close();
    }

    static void stoppedBeforeTheEnd(Trace trace) {
        EventLoop loop = trace.newLoop();
        Task<String> task = loop.createTask(() -> {
            getRunningLoop().stop();
            sleep(seconds(5));
            return "done";
        });
        try {
            loop.runUntilComplete(task);
        } catch (IllegalStateException e) {
            trace.out("raised", e, task.done());
        }
        trace.out(loop.runUntilComplete(task));
        loop.close();
    }

    static void runUntilCompleteRemovesItsCallback(Trace trace) {
        EventLoop loop = trace.newLoop();
        Future<String> future = loop.createFuture();
        loop.callSoon(() -> {
            throw new KeyboardInterrupt();
        });
        try {
            loop.runUntilComplete(future);
        } catch (KeyboardInterrupt e) {
            trace.out("raised", e);
        }
        loop.callSoon(() -> future.setResult(""));
        loop.callLater(seconds(1), () -> trace.out("still running"));
        loop.callLater(seconds(2), loop::stop);
        loop.runForever();
        loop.close();
    }

    static void closedLoop(Trace trace) {
        EventLoop loop = trace.newLoop();
        trace.out(loop.isClosed());
        loop.callSoon(() -> trace.out("never"));
        loop.close();
        loop.close();
        trace.out(loop.isClosed());
        Runnable nothing = () -> { };
        List<Runnable> calls = List.of(() -> loop.callSoon(nothing),
                () -> loop.callLater(seconds(1), nothing), () -> loop.callAt(1, nothing),
                () -> loop.callSoonThreadsafe(nothing), loop::runForever,
                () -> loop.runUntilComplete(loop.createFuture()));
        for (Runnable call : calls) attempt(trace, call);
        trace.out(loop.createFuture().done());
    }

    private static void attempt(Trace trace, Runnable call) {
        try {
            call.run();
        } catch (IllegalStateException e) {
            trace.out(e);
        }
    }

    static void nestedRuns(Trace trace) {
        EventLoop loop = trace.newLoop();
        EventLoop other = trace.newLoop();
        loop.callSoon(() -> {
            attempt(trace, loop::runForever);
            attempt(trace, other::runForever);
            attempt(trace, loop::close);
            loop.stop();
        });
        loop.runForever();
        trace.out(loop.isRunning(), loop.isClosed());
        loop.close();
        other.close();
    }

    static void handlerThatFails(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.setExceptionHandler((_, context) -> {
            trace.out("handler", context.exception());
            Trace.sneak(new Bang());
        });
        loop.callSoon(() -> Trace.sneak(new Boom()));
        loop.callSoon(() -> trace.out("next"));
        loop.callSoon(loop::stop);
        loop.runForever();
        loop.close();
    }

    static void threadsafeFromTheLoop(Trace trace) {
        EventLoop loop = trace.newLoop();
        loop.callSoon(() -> {
            loop.callSoon(() -> trace.out(1));
            loop.callSoonThreadsafe(() -> trace.out(2));
            loop.callSoon(() -> trace.out(3));
            loop.callSoon(loop::stop);
        });
        loop.runForever();
        loop.close();
    }
}

package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.NoSuchElementException;
import jloop.Context;
import jloop.ContextVar;
import jloop.EventLoop;
import jloop.Future;
import jloop.Task;
import jloop.scenarios.Trace.Boom;

/// The twins of `scenarios/context`.
final class ContextScenarios {

    private ContextScenarios() { }

    static void copiedAtCreation(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "default");
        trace.run(() -> {
            trace.out(variable.get());
            variable.set("main's");
            Task<Void> task = createTask(() -> {
                trace.out("child", variable.get());
                variable.set("child's");
                sleep(Duration.ZERO);
                trace.out("child", variable.get());
            });
            variable.set("changed");
            task.await();
            trace.out("main", variable.get());
        });
    }

    static void callbacks(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var");
        trace.run(() -> {
            EventLoop loop = getRunningLoop();
            variable.set("one");
            loop.callSoon(() -> {
                trace.out("soon", variable.get());
                variable.set("callback's");
            });
            loop.callLater(Duration.ofSeconds(1), () -> trace.out("later", variable.get()));
            Future<String> future = loop.createFuture();
            future.addDoneCallback(_ -> trace.out("done", variable.get()));
            variable.set("two");
            future.setResult("");
            sleep(Duration.ofSeconds(2));
            trace.out("main", variable.get());
        });
    }

    static void given(Trace trace) {
        ContextVar<Integer> variable = new ContextVar<>("var", 0);
        trace.run(() -> {
            Context context = Context.copyContext();
            Task<Integer> one = createTask(() -> add(variable), o -> o.withContext(context));
            Task<Integer> two = createTask(() -> add(variable), o -> o.withContext(context));
            trace.out(one.await(), two.await(), variable.get(), context.get(variable));
            getRunningLoop().callSoon(() -> trace.out("callback", variable.get()), context);
            sleep(Duration.ZERO);
        });
    }

    private static int add(ContextVar<Integer> variable) {
        variable.set(variable.get() + 1);
        sleep(Duration.ZERO);
        return variable.get();
    }

    static void reset(Trace trace) {
        ContextVar<Object> variable = new ContextVar<>("var");
        Context context = Context.copyContext();
        context.run(() -> setAndReset(trace, variable));
        trace.out(context.isSet(variable));
    }

    private static void setAndReset(Trace trace, ContextVar<Object> variable) {
        try {
            variable.get();
        } catch (NoSuchElementException _) {
            trace.out("unset");
        }
        trace.out(variable.get("fallback"));
        ContextVar.Token<Object> token = variable.set(1);
        ContextVar.Token<Object> inner = variable.set(2);
        variable.reset(inner);
        trace.out(variable.get());
        variable.reset(token);
        trace.out(variable.get("unset again"));
        try {
            variable.reset(token);
        } catch (IllegalStateException _) {
            trace.out("used twice");
        }
    }

    static void enteredTwice(Trace trace) {
        Context context = Context.copyContext();
        try {
            context.run(() -> context.run(() -> trace.out("never")));
        } catch (IllegalStateException e) {
            trace.out(e);
        }
        trace.out(context.call(() -> "once"));
    }

    static void exceptionHandler(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "none");
        EventLoop loop = trace.newLoop();
        loop.setExceptionHandler((_, _) -> trace.out("handler", variable.get()));
        Context context = Context.copyContext();
        context.run(() -> variable.set("the callback's"));
        loop.callSoon(() -> Trace.sneak(new Boom()), context);
        loop.callSoon(loop::stop);
        loop.runForever();
        loop.close();
    }

    static void callbackDoesNotLeak(Trace trace) {
        ContextVar<String> variable = new ContextVar<>("var", "mine");
        trace.run(() -> {
            Future<String> future = getRunningLoop().createFuture();
            future.addDoneCallback(_ -> variable.set("callback's"));
            future.setResult("");
            sleep(Duration.ZERO);
            trace.out(variable.get());
        });
    }
}

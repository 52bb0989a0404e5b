package jloop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The signals that a loop hears of.
final class LoopSignals {

    private final EventLoop loop;
    private final Map<String, SignalCall> handlers = new LinkedHashMap<>();
    private final Set<SignalReceiver> receivers = new LinkedHashSet<>();

    LoopSignals(EventLoop loop) {
        this.loop = loop;
    }

    void add(String signal, Runnable callback, Context context) {
        SignalCall made = new SignalCall(
                loop, signal, Objects.requireNonNull(callback, "callback"), context);
        SignalCall before = handlers.put(signal, made);
        if (before != null) before.close();
    }

    boolean remove(String signal) {
        SignalCall removed = handlers.remove(signal);
        if (removed != null) removed.close();
        return removed != null;
    }

    SignalReceiver receiver(List<String> signals) {
        SignalReceiver made = new SignalReceiver(loop, this);
        receivers.add(made);
        boolean hears = false;
        try {
            made.hear(signals);
            hears = true;
        } finally {
            if (!hears) made.close();
        }
        return made;
    }

    void forget(SignalReceiver receiver) {
        receivers.remove(receiver);
    }

    void close() {
        for (String signal : List.copyOf(handlers.keySet())) remove(signal);
        for (SignalReceiver receiver : new ArrayList<>(receivers)) receiver.close();
    }
}

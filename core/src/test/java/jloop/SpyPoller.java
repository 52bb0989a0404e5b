package jloop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Poller;

/// A poller that notes what it is asked and passes it on.
class SpyPoller implements Poller {

    final List<Long> timeouts = new ArrayList<>();
    final AtomicInteger wakes = new AtomicInteger();
    final AtomicInteger wakesToLose = new AtomicInteger();
    volatile boolean polls;             // without end

    private final Poller real;

    SpyPoller(Poller real) {
        this.real = real;
    }

    @Override
    public Descriptor open(Family family) {
        return real.open(family);
    }

    @Override
    public Descriptor openDatagram(Family family) {
        return real.openDatagram(family);
    }

    @Override
    public boolean submit(Operation operation) {
        return real.submit(operation);
    }

    @Override
    public boolean cancel(Operation operation) {
        return real.cancel(operation);
    }

    @Override
    public void poll(long timeoutNanos) {
        timeouts.add(timeoutNanos);
        polls = timeoutNanos == FOREVER;
        real.poll(timeoutNanos);
        polls = false;
    }

    @Override
    public void wake() {
        wakes.incrementAndGet();
        if (wakesToLose.getAndUpdate(n -> Math.max(0, n - 1)) == 0) real.wake();
    }

    @Override
    public void close() {
        real.close();
    }
}

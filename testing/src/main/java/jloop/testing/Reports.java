package jloop.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import jloop.AnyThread;
import jloop.ExceptionContext;

/// What the exception handler of a test's loop was told, oldest first. What the test does not
/// take fails it.
@AnyThread
public final class Reports {

    private final Queue<ExceptionContext> reports = new ConcurrentLinkedQueue<>();

    Reports() { }

    void add(ExceptionContext report) {
        reports.add(report);
    }

    /// Takes all that came since the last time.
    public List<ExceptionContext> take() {
        List<ExceptionContext> taken = new ArrayList<>();
        for (ExceptionContext report; (report = reports.poll()) != null; ) taken.add(report);
        return taken;
    }

    /// Takes the one report that there must be.
    ///
    /// **Errors**: AssertionError if there is none, or more than one.
    public ExceptionContext takeOne() {
        List<ExceptionContext> taken = take();
        if (taken.size() != 1)
            throw new AssertionError("expected one report, but there were: " + taken);
        return taken.getFirst();
    }
}

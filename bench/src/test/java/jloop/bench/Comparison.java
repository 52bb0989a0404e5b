package jloop.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import jloop.bench.results.Spread;

/// The same work done by jloop and by a control, by turns, in this JVM.
///
/// It compares processor time, which a neighbour that takes the processor away does not touch.
///
/// @param bound how often the control's time jloop's may be
record Comparison(String name, double bound, Work jloop, Work control) {

    /// Does work for a few milliseconds, and returns the processor time that it took.
    @FunctionalInterface
    interface Work {
        long nanos();
    }

    private static final int WARM_UP_ROUNDS = 20;
    private static final int ROUNDS = 11;
    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /// The processor time of the calling thread while it does `work`.
    static Work onThisThread(Runnable work) {
        return () -> {
            long began = THREADS.getCurrentThreadCpuTime();
            work.run();
            return THREADS.getCurrentThreadCpuTime() - began;
        };
    }

    /// The processor time of the calling thread and of `other`, which does a part of `work`.
    static Work onTwoThreads(Thread other, Runnable work) {
        return () -> {
            long began = THREADS.getCurrentThreadCpuTime()
                    + THREADS.getThreadCpuTime(other.threadId());
            work.run();
            return THREADS.getCurrentThreadCpuTime()
                    + THREADS.getThreadCpuTime(other.threadId()) - began;
        };
    }

    /// How often the control's time jloop's is: the median of some rounds.
    double measure() {
        for (int i = 0; i < WARM_UP_ROUNDS; i++) ratio();
        double[] ratios = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) ratios[i] = ratio();
        return Spread.median(ratios);
    }

    private double ratio() {
        long ours = jloop.nanos();
        return (double) ours / control.nanos();
    }
}

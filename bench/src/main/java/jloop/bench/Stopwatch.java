package jloop.bench;

/// Real time, from when it was made.
final class Stopwatch {

    private static final double NANOS_PER_SECOND = 1e9;

    private final long beganNanos = System.nanoTime();

    double seconds() {
        return (System.nanoTime() - beganNanos) / NANOS_PER_SECOND;
    }
}

package jloop.bench.results;

/// What keeps the benchmarks from running; the message is all that a user needs.
public final class BenchFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    public BenchFailure(String message) {
        super(message);
    }

    public BenchFailure(String message, Throwable cause) {
        super(message, cause);
    }
}

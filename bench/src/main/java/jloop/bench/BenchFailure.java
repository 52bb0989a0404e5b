package jloop.bench;

/// What keeps the benchmarks from running; the message is all that a user needs.
final class BenchFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    BenchFailure(String message) {
        super(message);
    }

    BenchFailure(String message, Throwable cause) {
        super(message, cause);
    }
}

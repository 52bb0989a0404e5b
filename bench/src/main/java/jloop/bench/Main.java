package jloop.bench;

/// `./jloop bench`.
public final class Main {

    private Main() {}

    /// Runs the benchmarks that the arguments name.
    public static void main(String[] args) {
        if (args.length > 0) throw new IllegalArgumentException("the harness is not written yet");
    }
}

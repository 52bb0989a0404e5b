package jloop;

/// Whether the calling thread has stack left for what must not be cut off in the middle.
final class StackRoom {

    /*
     * Java has no way to ask. A recursion goes down and comes back: either it meets the end, and
     * nothing has been touched yet, or what follows has as much room. Each frame keeps its six
     * arguments across the call, so 100 bytes when compiled, twice that when interpreted.
     */

    private static final int FRAMES = 160;

    private StackRoom() { }

    /// Throws StackOverflowError unless there are some 16 KiB left.
    static void check() {
        descend(FRAMES, 1, 2, 3, 4, 5, 6);
    }

    private static long descend(int frames, long a, long b, long c, long d, long e, long f) {
        if (frames == 0) return a + b + c + d + e + f;
        long below = descend(frames - 1, b, c, d, e, f, a);
        return below + a - (b ^ c) + (d ^ e) - f;
    }
}

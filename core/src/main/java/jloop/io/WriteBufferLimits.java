package jloop.io;

import org.jspecify.annotations.Nullable;

/// How much may be kept for sending: above `highBytes` the protocol is told to pause, at
/// `lowBytes` or less to go on.
public record WriteBufferLimits(int lowBytes, int highBytes) {

    private static final int DEFAULT_HIGH_BYTES = 64 * 1024;
    private static final int FACTOR = 4;

    public static final WriteBufferLimits DEFAULT =
            new WriteBufferLimits(DEFAULT_HIGH_BYTES / FACTOR, DEFAULT_HIGH_BYTES);

    public WriteBufferLimits {
        if (lowBytes < 0 || highBytes < lowBytes)
            throw new IllegalArgumentException("high (" + highBytes + ") must be at least low ("
                    + lowBytes + ") and low at least 0");
    }

    /// Of both what is given; of the other, high is four times low.
    static WriteBufferLimits of(@Nullable Integer high, @Nullable Integer low) {
        if (high != null) return new WriteBufferLimits(low == null ? high / FACTOR : low, high);
        if (low == null) return DEFAULT;
        return new WriteBufferLimits(low, (int) Math.min((long) FACTOR * low, Integer.MAX_VALUE));
    }
}

package jloop;

import org.jspecify.annotations.Nullable;

/// What of a file is sent, and how.
///
/// `offset`: where it begins, in bytes. `count`: how many bytes at most, null for all to the
/// end of the file. `fallback`: whether it is read and written block by block where the system
/// cannot send it by itself; without, that is a [SendfileNotAvailableException].
public record SendfileOptions(long offset, @Nullable Long count, boolean fallback) {

    /// All of it, by whatever way.
    public static final SendfileOptions DEFAULT = new SendfileOptions(0, null, true);

    /// **Errors**: IllegalArgumentException if `offset` is negative, or `count` below 1.
    public SendfileOptions {
        if (offset < 0)
            throw new IllegalArgumentException("offset must be at least 0, not " + offset);
        if (count != null && count < 1)
            throw new IllegalArgumentException("count must be at least 1, not " + count);
    }

    public SendfileOptions withOffset(long bytes) {
        return new SendfileOptions(bytes, count, fallback);
    }

    /// Null for all to the end of the file.
    public SendfileOptions withCount(@Nullable Long bytes) {
        return new SendfileOptions(offset, bytes, fallback);
    }

    public SendfileOptions withFallback(boolean allowed) {
        return new SendfileOptions(offset, count, allowed);
    }
}

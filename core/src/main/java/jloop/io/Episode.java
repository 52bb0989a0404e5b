package jloop.io;

import java.util.concurrent.TimeUnit;

/// Something that happens again and again, of which one wants to be told once: until it has not
/// happened for a second.
final class Episode {

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private boolean happened;
    private long lastNanos;

    /// Notes that it happens at `now`. Returns true if this begins an episode.
    boolean begins(long now) {
        boolean first = !happened || now - lastNanos > PAUSE_NANOS;
        happened = true;
        lastNanos = now;
        return first;
    }
}

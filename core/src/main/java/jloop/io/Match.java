package jloop.io;

import org.jspecify.annotations.Nullable;

/// Where a separator was found, counted from the first byte that is not read: the separator
/// lies in `[at, end)`.
record Match(int at, int end) {

    /// The first match at or behind `from` in `buffer[start, limit)`: of several the one that
    /// ends first, of two that end together the shorter. `separators` are sorted by length.
    static @Nullable Match first(byte[] buffer, int start, int limit, int from,
            byte[][] separators) {
        Match best = null;
        for (byte[] separator : separators) {
            int at = find(buffer, start + from, limit, separator);
            if (at < 0) continue;
            int end = at - start + separator.length;
            if (best == null || end < best.end) best = new Match(at - start, end);
        }
        return best;
    }

    private static int find(byte[] buffer, int from, int limit, byte[] separator) {
        int last = limit - separator.length;
        for (int at = from; at <= last; at++) {
            if (buffer[at] == separator[0] && matches(buffer, at, separator)) return at;
        }
        return -1;
    }

    private static boolean matches(byte[] buffer, int at, byte[] separator) {
        for (int i = 1; i < separator.length; i++) {
            if (buffer[at + i] != separator[i]) return false;
        }
        return true;
    }
}

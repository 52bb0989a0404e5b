package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Reads what the page cache has of files, on the loop's own thread: preadv2(2) with
/// RWF_NOWAIT, which comes back with nothing rather than wait for a disk.
final class CachedReads {

    static final int COUNT_MAX = 16 * 1024;             // of one; for more a ring is as good
    static final int BYTES_MAX = 64 * 1024;             // of all between two that wait
    private static final int RWF_NOWAIT = 8;
    private static final int VECTOR_BYTES = 16;         // struct iovec: where, and how many

    private final SystemCalls calls;
    private @Nullable Place place;                      // made when first needed
    private boolean isClosed;
    private int left = BYTES_MAX;

    /// Where bytes are read to, and what preadv2(2) is told of that.
    private record Place(MemorySegment vector, ByteBuffer bytes) {

        static Place make() {
            MemorySegment vector = SystemCalls.allocate(VECTOR_BYTES + COUNT_MAX);
            MemorySegment bytes = vector.asSlice(VECTOR_BYTES);
            vector.set(JAVA_LONG, 0, bytes.address());
            return new Place(vector, bytes.asByteBuffer());
        }
    }

    CachedReads(SystemCalls calls) {
        this.calls = calls;
    }

    /// `count` bytes from `position` on, until the next call. Null if they are not all there;
    /// and now and then, so that whoever reads on and on has to wait, and others have their
    /// turn.
    @Nullable ByteBuffer read(int fd, long position, int count) {
        if (count > COUNT_MAX || isClosed) return null;
        left -= count;
        if (left < 0) {
            left = BYTES_MAX;
            return null;
        }
        Place to = place;
        if (to == null) place = to = Place.make();
        to.vector.set(JAVA_LONG, Long.BYTES, count);
        if (calls.preadv2(fd, to.vector, position, RWF_NOWAIT) != count) return null;
        return to.bytes.limit(count).rewind();
    }

    /// Reads nothing from now on.
    void close() {
        isClosed = true;
        if (place != null) SystemCalls.free(place.vector);
        place = null;
    }
}

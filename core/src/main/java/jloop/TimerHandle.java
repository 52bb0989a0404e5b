package jloop;

import org.jspecify.annotations.Nullable;

/// A [Handle] for a call that is due at a given time of the loop's clock.
public final class TimerHandle extends Handle implements Comparable<TimerHandle> {

    static final int NOT_QUEUED = -1;

    final long whenNanos;           // loop clock; compare by difference only
    final long seq;                 // order of creation, decides between equal times
    int index = NOT_QUEUED;         // place in the heap; written by TimerHeap alone

    private final TimerHeap heap;

    TimerHandle(TimerHeap heap, long whenNanos, long seq, Runnable call) {
        this(heap, whenNanos, seq, call, null);
    }

    TimerHandle(TimerHeap heap, long whenNanos, long seq, Runnable call,
            @Nullable Context context) {
        super(call, context);
        this.heap = heap;
        this.whenNanos = whenNanos;
        this.seq = seq;
    }

    /// When the call is due, in nanoseconds of [EventLoop#time()].
    public long when() {
        return whenNanos;
    }

    @Override
    String describe() {
        return super.describe() + " when=" + whenNanos;
    }

    @Override
    public void cancel() {
        super.cancel();
        heap.remove(this);
    }

    /// Orders by due time, then by order of creation: the order in which timers fire.
    @Override
    public int compareTo(TimerHandle other) {
        long apart = whenNanos - other.whenNanos;
        return apart != 0 ? Long.signum(apart) : Long.compare(seq, other.seq);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(whenNanos);
    }
}

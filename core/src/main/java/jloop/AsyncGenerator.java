package jloop;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An iterator whose items a coroutine gives, one whenever one is asked for.
///
/// {@snippet :
/// AsyncGenerator<Integer> ticks = Asyncio.generator(y -> {
///     for (int i = 0; ; i++) {
///         y.yield(i);
///         sleep(Duration.ofSeconds(1));
///     }
/// });
/// try (ticks) {
///     for (int tick : ticks) if (tick == 3) break;
/// }
/// }
///
/// The body runs only while a consumer asks, as a part of the consumer's task: that is its
/// `currentTask`, cancelling it cancels what the body awaits, and the [CancelledError] comes
/// through the body to the consumer. When the body ends, or throws, the generator is over.
///
/// Close a generator that is not consumed to its end, best by try-with-resources: its `finally`
/// blocks run then. One that is forgotten is closed by a task of its own once it has been
/// collected, or by [EventLoop#shutdownAsyncgens()].
///
/// **Threads**: coroutines of one loop, that of the first who asks.
/// **Errors**: IllegalStateException if it is asked, or closed, while it runs.
/// **As in asyncio**: asynchronous generators, `__anext__`, `asend`, `athrow` and `aclose`.
/// **Unlike asyncio**: `yield` inside of a timeout, task group or cancel scope that the body
/// has opened is refused: it would be in force for the consumer's code.
public final class AsyncGenerator<T> implements AsyncIterator<T>, AutoCloseable {

    /*
     * What users hold is this handle; the body's thread knows the GeneratorStrand alone. So the
     * handle is collected when they have forgotten it, though the thread is not.
     */

    /// What gives the items.
    @FunctionalInterface
    public interface Body<T> {
        void run(Yielder<T> y) throws Exception;
    }

    /// The body's side of its generator.
    public static final class Yielder<T> {

        private final GeneratorStrand<T> strand;

        Yielder(GeneratorStrand<T> strand) {
            this.strand = strand;
        }

        /// Gives `value` to who asked, and waits until the next item is asked for. Returns what
        /// that was sent with, null if by [AsyncGenerator#next()]; throws what was thrown in.
        ///
        /// **Errors**: IllegalStateException outside of the body's own code, inside a scope
        /// that the body has opened, and after a [GeneratorExit].
        public @Nullable Object yield(T value) {
            return strand.yield(value);
        }

        /// [#yield], declared to throw `X`, so that a checked exception that is thrown in can
        /// be caught by name.
        public <X extends Throwable> @Nullable Object yield(T value, Class<X> thrown) throws X {
            return strand.yield(value);
        }
    }

    private @Nullable Body<T> body;                     // null once begun or given up
    private @Nullable GeneratorStrand<T> strand;        // null until begun
    private Cleaner.@Nullable Cleanable cleanable;
    private boolean hasItem;                            // asked for by hasNext, not taken

    AsyncGenerator(Body<T> body) {
        this.body = Objects.requireNonNull(body, "body");
    }

    /// Another handle of a generator whose own was collected.
    AsyncGenerator(GeneratorStrand<T> strand) {
        this.strand = strand;
    }

    /// Waits until it is known whether there is an item. Throws what the body throws.
    @Override
    public boolean hasNext() {
        if (!hasItem) hasItem = ask(null, null, "hasNext");
        return hasItem;
    }

    /// Waits for the next item. Throws what the body throws.
    ///
    /// **Errors**: NoSuchElementException if there is none.
    @Override
    public T next() {
        if (!hasItem && !ask(null, null, "next")) throw over();
        return take();
    }

    /// Has the `yield` at which the body waits return `value`, and waits for the next item.
    ///
    /// **Errors**: NoSuchElementException if the body ends; IllegalArgumentException if there
    /// is a value and the body has not begun; IllegalStateException if [#hasNext()] has asked
    /// for an item that nobody took.
    public T send(@Nullable Object value) {
        if (value != null && body != null)
            throw new IllegalArgumentException(
                    "the generator has not begun, so no yield can return " + value);
        rejectUntaken("send");
        if (!ask(value, null, "send")) throw over();
        return take();
    }

    /// Has the `yield` at which the body waits throw `exception`, and waits for the next item.
    /// Returns null if the generator is over already. A body that has not begun never runs.
    ///
    /// **Errors**: what the body throws, `exception` if it does not catch it;
    /// NoSuchElementException if it ends; IllegalStateException as [#send].
    public @Nullable T throwIn(Throwable exception) {
        Objects.requireNonNull(exception, "exception");
        rejectUntaken("throwIn");
        if (body != null) {
            body = null;
            throw Outcomes.<RuntimeException>rethrow(exception);
        }
        if (strand == null || strand.isOver()) return null;
        if (!ask(null, exception, "throwIn")) throw over();
        return take();
    }

    /// Ends it: the `yield` at which the body waits throws [GeneratorExit], and this waits
    /// until the body has ended. A body that has not begun never runs. Does nothing if it is
    /// over.
    ///
    /// **Errors**: what the body throws in its turn; IllegalStateException if it yields again,
    /// and that is thrown by the `yield`, too.
    @Override
    public void close() {
        body = null;
        hasItem = false;
        GeneratorStrand<T> begun = strand;
        if (begun == null) return;
        try {
            begun.close();
        } finally {
            forgetIfOver(begun);
            Reference.reachabilityFence(this);
        }
    }

    private boolean ask(@Nullable Object sent, @Nullable Throwable thrown, String what) {
        GeneratorStrand<T> asked = strand != null ? strand : begin(what);
        if (asked == null || asked.isOver()) return false;
        try {
            return asked.ask(sent, thrown, what);
        } finally {
            forgetIfOver(asked);
            Reference.reachabilityFence(this);      // or it could be collected meanwhile
        }
    }

    private @Nullable GeneratorStrand<T> begin(String what) {
        Body<T> wanted = body;
        if (wanted == null) return null;
        Task<?> _ = Task.running(Asyncio.getRunningLoop(), what);
        GeneratorStrand<T> begun = new GeneratorStrand<>(Asyncio.getRunningLoop(), wanted, this);
        body = null;
        strand = begun;
        cleanable = Collected.CLEANER.register(this, begun::collected);
        return begun;
    }

    private void forgetIfOver(GeneratorStrand<T> asked) {
        Cleaner.Cleanable registered = cleanable;
        if (registered == null || !asked.isOver()) return;
        cleanable = null;
        registered.clean();
    }

    @SuppressWarnings("NullAway")           // there is an item, so there is a strand
    private T take() {
        hasItem = false;
        return strand.takeItem();
    }

    private void rejectUntaken(String what) {
        if (hasItem)
            throw new IllegalStateException(what + " would lose an item that hasNext has asked "
                    + "for: take it by next first");
    }

    private static NoSuchElementException over() {
        return new NoSuchElementException("the generator is over");
    }

    @Override
    public String toString() {
        String state = strand != null ? strand.state() : body != null ? "new" : "over";
        return "<AsyncGenerator " + state + ">";
    }

    /// What notices that a handle was collected. Made when first needed: it has a thread.
    private static final class Collected {
        static final Cleaner CLEANER = Cleaner.create();
    }
}

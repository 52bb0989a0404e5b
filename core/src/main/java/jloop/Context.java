package jloop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// The values that [ContextVar]s have for a task, a callback or a thread.
///
/// A task has a context of its own, a copy of its creator's as it was then; so has a callback
/// (a copy made when it was scheduled), and every thread outside of loops. Both can be given a
/// context instead, which they then share with whoever else has it.
///
/// **Threads**: whoever runs in it. Copying is safe from any thread.
/// **As in asyncio**: `contextvars.Context`. Copying takes the same short time whatever is in
/// it.
/// **Unlike asyncio**: a coroutine may wait inside [#run] and [#call]; until it has left,
/// nobody else can enter. A task made with the context that its creator runs in may start
/// eagerly.
public final class Context {

    /*
     * The values are a map that is never changed, only replaced: a copy shares it.
     *
     * A context with nothing in it need not exist. A task or callback that was made in an empty
     * context has null for its own (Strand.context, Handle.context), until it sets a variable or
     * somebody asks for the object: a program without context variables pays a null here and
     * there.
     *
     * What current() says is either such an own context, the base, or one entered by run() on
     * top of it. Those are chained by `outer` down to the base, which `enteredBy` tells apart.
     */

    private static final VarHandle ENTERED_BY;

    // Outside of loops a context belongs to the thread by definition, as in contextvars.
    private static final ThreadLocal<@Nullable Context> OF_THREAD = new ThreadLocal<>();

    static {
        try {
            ENTERED_BY = MethodHandles.lookup()
                    .findVarHandle(Context.class, "enteredBy", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile @Nullable IdentityHashMap<ContextVar<?>, @Nullable Object> values;  // or null
    private volatile @Nullable Thread enteredBy;    // inside run(); any thread sets, if null
    private @Nullable Context outer;                // inside run(); null: an empty base

    /// A context in which no variable has a value.
    public Context() { }

    private Context(@Nullable IdentityHashMap<ContextVar<?>, @Nullable Object> values) {
        this.values = values;
    }

    /// A copy of the context of the calling task, callback or thread.
    @AnyThread
    public static Context copyContext() {
        Context current = current();
        return current == null ? new Context() : current.copy();
    }

    /// Another context with the same values. What is set in one of them from then on is not
    /// seen in the other.
    @AnyThread
    public Context copy() {
        return new Context(values);
    }

    /// Runs `body` in this context: what it sets stays here.
    ///
    /// **Errors**: IllegalStateException if this is the context of the caller, or somebody runs
    /// in it by this method or [#call].
    @AnyThread
    public void run(Runnable body) {
        enter();
        try {
            body.run();
        } finally {
            exit();
        }
    }

    /// [#run] with a result. What `body` throws is thrown as it is, checked or not.
    @AnyThread
    public <T> T call(Callable<T> body) {
        enter();
        try {
            return body.call();
        } catch (Exception e) {
            throw Outcomes.<RuntimeException>rethrow(e);
        } finally {
            exit();
        }
    }

    /// The value of `variable` here, or null if it was not set here, whatever its default.
    @AnyThread
    @SuppressWarnings("unchecked")
    public <T> @Nullable T get(ContextVar<T> variable) {
        IdentityHashMap<ContextVar<?>, @Nullable Object> all = values;
        return all == null ? null : (T) all.get(Objects.requireNonNull(variable, "variable"));
    }

    /// True if `variable` has a value here, null among them.
    @AnyThread
    public boolean isSet(ContextVar<?> variable) {
        IdentityHashMap<ContextVar<?>, @Nullable Object> all = values;
        return all != null && all.containsKey(Objects.requireNonNull(variable, "variable"));
    }

    /// How many variables have a value here.
    @AnyThread
    public int size() {
        IdentityHashMap<ContextVar<?>, @Nullable Object> all = values;
        return all == null ? 0 : all.size();
    }

    // Values may be secrets.
    @AnyThread
    @Override
    public String toString() {
        return "<Context size=" + size() + ">";
    }

    // ---- For ContextVar

    @Nullable Object valueOr(ContextVar<?> variable, @Nullable Object fallback) {
        IdentityHashMap<ContextVar<?>, @Nullable Object> all = values;
        return all == null ? fallback : all.getOrDefault(variable, fallback);
    }

    void put(ContextVar<?> variable, @Nullable Object value) {
        IdentityHashMap<ContextVar<?>, @Nullable Object> changed = copyOfValues();
        changed.put(variable, value);
        values = changed;
    }

    void remove(ContextVar<?> variable) {
        IdentityHashMap<ContextVar<?>, @Nullable Object> changed = copyOfValues();
        changed.remove(variable);
        values = changed.isEmpty() ? null : changed;
    }

    private IdentityHashMap<ContextVar<?>, @Nullable Object> copyOfValues() {
        IdentityHashMap<ContextVar<?>, @Nullable Object> all = values;
        return all == null ? new IdentityHashMap<>(4) : new IdentityHashMap<>(all);
    }

    // ---- Who is in which

    /// The context of the calling code, or null if that is empty and was never asked for.
    static @Nullable Context current() {
        return currentOf(Strand.current());
    }

    private static @Nullable Context currentOf(@Nullable Strand strand) {
        return strand != null ? strand.context : OF_THREAD.get();
    }

    /// The context of the calling code, to set a variable in.
    static Context currentToChange() {
        Strand strand = Strand.current();
        Context current = currentOf(strand);
        if (current != null) return current;
        Context made = new Context();
        if (strand != null) strand.ownContext(made);
        else OF_THREAD.set(made);
        return made;
    }

    /// A copy of the context of the calling code for something that it schedules; null if that
    /// is empty.
    static @Nullable Context capture() {
        return captureOf(Strand.current());
    }

    /// The same, for code that runs on `strand`, null for no strand.
    static @Nullable Context captureOf(@Nullable Strand strand) {
        Context current = currentOf(strand);
        return current == null || current.values == null ? null : current.copy();
    }

    /// What `strand` runs in apart from contexts it has entered; made if it was empty so far.
    static Context ownOf(Strand strand) {
        Context inner = null;
        Context own = strand.context;
        while (own != null && own.isEnteredBy(strand.thread)) {
            inner = own;
            own = own.outer;
        }
        if (own != null) return own;
        Context made = new Context();
        if (inner == null) strand.ownContext(made);
        else inner.outer = made;
        return made;
    }

    boolean isEnteredBy(@Nullable Thread thread) {
        return thread != null && enteredBy == thread;
    }

    /// Runs `body` in `context`, null for an empty one, whoever else is in it.
    static void runIn(@Nullable Context context, Runnable body) {
        Strand strand = Strand.current();
        Context before = currentOf(strand);
        set(strand, context);
        try {
            body.run();
        } finally {
            set(strand, before);
        }
    }

    private void enter() {
        Thread thread = Thread.currentThread();
        Strand strand = Strand.current();
        Context current = currentOf(strand);
        Context base = current;
        while (base != null && base.isEnteredBy(thread)) base = base.outer;
        if (base == this || !ENTERED_BY.compareAndSet(this, null, thread))
            throw new IllegalStateException("cannot enter " + this + ": it is entered already, by "
                    + (base == this ? "the caller, whose own it is" : enteredBy));
        outer = current;
        set(strand, this);
    }

    private void exit() {
        Context before = outer;
        outer = null;
        set(Strand.current(), before);
        enteredBy = null;
    }

    private static void set(@Nullable Strand strand, @Nullable Context context) {
        if (strand != null) strand.context = context;
        else if (context != null) OF_THREAD.set(context);
        else OF_THREAD.remove();
    }
}

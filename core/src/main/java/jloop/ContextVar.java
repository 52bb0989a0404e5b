package jloop;

import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A variable that has a value of its own in every task and callback: what a thread-local is to
/// threads.
///
/// A task starts with the values its creator had; what it sets then, its creator does not see.
/// Usually held in a static final field.
///
/// **Threads**: any; each sees the value of its own [Context].
/// **As in asyncio**: `contextvars.ContextVar`.
public final class ContextVar<T> {

    private static final Object NONE = new Object();

    private final String name;
    private final @Nullable Object fallback;        // NONE without a default

    /// A variable without a default. The name is for messages only.
    public ContextVar(String name) {
        this.name = Objects.requireNonNull(name, "name");
        this.fallback = NONE;
    }

    /// A variable whose value is `fallback` wherever it is not set.
    public ContextVar(String name, T fallback) {
        this.name = Objects.requireNonNull(name, "name");
        this.fallback = fallback;
    }

    public String name() {
        return name;
    }

    /// The value it has here, else its default.
    ///
    /// **Errors**: NoSuchElementException if it has neither.
    @AnyThread
    public T get() {
        Object value = valueOr(fallback);
        if (value == NONE)
            throw new NoSuchElementException("context variable " + name
                    + " has no value here, and no default");
        return typed(value);
    }

    /// The value it has here, else `instead`; its default does not count.
    @AnyThread
    public T get(T instead) {
        return typed(valueOr(instead));
    }

    private @Nullable Object valueOr(@Nullable Object instead) {
        Context context = Context.current();
        return context == null ? instead : context.valueOr(this, instead);
    }

    /// Sets its value in the context of the caller. Returns what [#reset] takes to undo that.
    @AnyThread
    public Token<T> set(T value) {
        Context context = Context.currentToChange();
        Token<T> token = new Token<>(this, context, context.valueOr(this, NONE));
        context.put(this, value);
        return token;
    }

    /// Gives it the value back that it had before the call of [#set] that returned `token`, or
    /// none if it had none.
    ///
    /// **Errors**: IllegalStateException if the token was used before;
    /// IllegalArgumentException if it is of another variable or another context.
    @AnyThread
    public void reset(Token<T> token) {
        if (token.used)
            throw new IllegalStateException(token + " has been used already");
        if (token.variable != this)
            throw new IllegalArgumentException(token + " is of another variable than " + name);
        if (token.context != Context.current())
            throw new IllegalArgumentException(token + " was made in another context");
        token.used = true;
        if (token.hadValue()) token.context.put(this, token.old);
        else token.context.remove(this);
    }

    @SuppressWarnings({"unchecked", "NullAway"})        // null is a value if T says so
    private T typed(@Nullable Object value) {
        return (T) value;
    }

    @AnyThread
    @Override
    public String toString() {
        return "<ContextVar name=" + name
                + (fallback == NONE ? "" : " default=" + fallback) + ">";
    }

    /// What undoes one [ContextVar#set], once, in the context in which that was.
    ///
    /// Closing it is [ContextVar#reset], so that `try (var _ = USER.set(name)) { ... }` sets a
    /// variable for a stretch of code.
    public static final class Token<T> implements AutoCloseable {

        private final ContextVar<T> variable;
        private final Context context;
        private final @Nullable Object old;             // NONE if it had none
        private boolean used;

        private Token(ContextVar<T> variable, Context context, @Nullable Object old) {
            this.variable = variable;
            this.context = context;
            this.old = old;
        }

        /// The variable that was set.
        public ContextVar<T> variable() {
            return variable;
        }

        /// True if the variable had a value in that context before.
        public boolean hadValue() {
            return old != NONE;
        }

        /// The value it had before.
        ///
        /// **Errors**: NoSuchElementException if it had none.
        public T oldValue() {
            if (!hadValue()) throw new NoSuchElementException(variable.name + " had no value");
            return variable.typed(old);
        }

        /// [ContextVar#reset] with this token; errors as there.
        @Override
        public void close() {
            variable.reset(this);
        }

        @Override
        public String toString() {
            return "<Token" + (used ? " used" : "") + " of " + variable.name + ">";
        }
    }
}

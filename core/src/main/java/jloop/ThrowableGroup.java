package jloop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Several exceptions thrown as one: an [ExceptionGroup], or a [BaseExceptionGroup] if any of
/// them is an error.
///
/// A group may have groups among its members; what is taken out of it keeps that shape. In a
/// printed stack trace the members stand below the group, as suppressed exceptions.
///
/// ```
/// try {
///     TaskGroup.open(tg -> { ... });
/// } catch (ExceptionGroup group) {
///     group.handle(IOException.class, io -> io.exceptions().forEach(this::report));
/// }
/// ```
///
/// **As in asyncio**: `ExceptionGroup`, `BaseExceptionGroup`; [#handle] stands for `except*`.
public sealed interface ThrowableGroup permits ExceptionGroup, BaseExceptionGroup {

    /// What [#split] makes of a group: what matched, and what did not, each null if empty.
    record Split(@Nullable ThrowableGroup matched, @Nullable ThrowableGroup rest) { }

    /// A group of `exceptions`: an [ExceptionGroup] if all of them are exceptions, else a
    /// [BaseExceptionGroup].
    ///
    /// **Errors**: IllegalArgumentException if there are none.
    static ThrowableGroup of(String message, List<? extends Throwable> exceptions) {
        List<Exception> ordinary = new ArrayList<>(exceptions.size());
        for (Throwable each : exceptions) {
            if (!(each instanceof Exception exception))
                return new BaseExceptionGroup(message, exceptions);
            ordinary.add(exception);
        }
        return new ExceptionGroup(message, ordinary);
    }

    /// The text it was made with, without the number of members that `getMessage` adds.
    String message();

    /// Its members, at least one, in the order in which they came.
    List<Throwable> exceptions();

    /// The same object, to throw or to log.
    Throwable asThrowable();

    /// A group of the same message around other members, of the class that fits them.
    default ThrowableGroup derive(List<? extends Throwable> exceptions) {
        return of(message(), exceptions);
    }

    /// What matches, or null if nothing does. See [#split(Predicate)].
    default @Nullable ThrowableGroup subgroup(Predicate<? super Throwable> condition) {
        return split(condition).matched();
    }

    /// The members of class `type`, or null if there are none.
    default @Nullable ThrowableGroup subgroup(Class<? extends Throwable> type) {
        return subgroup(type::isInstance);
    }

    /// Parts the members that match from those that do not. The condition is asked of the
    /// group itself first, and of each group in it: one that matches is taken whole.
    default Split split(Predicate<? super Throwable> condition) {
        if (condition.test(asThrowable())) return new Split(this, null);
        List<Throwable> matched = new ArrayList<>();
        List<Throwable> rest = new ArrayList<>();
        for (Throwable each : exceptions()) {
            if (each instanceof ThrowableGroup group) {
                Split split = group.split(condition);
                if (split.matched() != null) matched.add(split.matched().asThrowable());
                if (split.rest() != null) rest.add(split.rest().asThrowable());
            } else {
                (condition.test(each) ? matched : rest).add(each);
            }
        }
        return new Split(part(matched), part(rest));
    }

    /// Parts the members of class `type` from the others.
    default Split split(Class<? extends Throwable> type) {
        return split(type::isInstance);
    }

    private @Nullable ThrowableGroup part(List<Throwable> members) {
        if (members.isEmpty()) return null;
        ThrowableGroup part = derive(members);
        Throwable whole = asThrowable();
        part.asThrowable().setStackTrace(whole.getStackTrace());
        if (whole.getCause() != null) part.asThrowable().initCause(whole.getCause());
        Set<Throwable> shown = Collections.newSetFromMap(new IdentityHashMap<>());
        shown.addAll(exceptions());
        for (Throwable each : whole.getSuppressed()) {
            if (!shown.contains(each)) part.asThrowable().addSuppressed(each);
        }
        return part;
    }

    /// Hands the members of class `type` to `handler`, as one group, and throws what is left:
    /// nothing if nothing is. What `handler` throws is thrown together with the rest.
    ///
    /// **As in asyncio**: one clause `except* type as e`.
    ///
    /// **Errors**: [ExceptionGroup], or [BaseExceptionGroup] if an error is left.
    default void handle(Class<? extends Throwable> type, Consumer<? super ThrowableGroup> handler)
            throws ExceptionGroup {
        handle(clauses -> clauses.on(type, handler));
    }

    /// The same with several clauses, each of which gets what those before it have left:
    /// `handle(c -> c.on(A.class, a -> ...).on(B.class, b -> ...))`.
    default void handle(Consumer<Clauses> clauses) throws ExceptionGroup {
        Clauses handling = new Clauses(this);
        clauses.accept(handling);
        handling.end();
    }

    /// If it comes down to a single exception, however deep in groups, that one; else itself.
    default Throwable unwrapSingle() {
        List<Throwable> members = exceptions();
        if (members.size() > 1) return asThrowable();
        Throwable only = members.getFirst();
        if (!(only instanceof ThrowableGroup group)) return only;
        Throwable inner = group.unwrapSingle();
        return inner == group.asThrowable() ? asThrowable() : inner;
    }

    /// The clauses of one [#handle(Consumer)].
    final class Clauses {

        private final ThrowableGroup whole;
        private final List<Throwable> raised = new ArrayList<>();
        private final List<ThrowableGroup> again = new ArrayList<>();   // thrown by its handler
        private @Nullable ThrowableGroup rest;

        private Clauses(ThrowableGroup whole) {
            this.whole = whole;
            this.rest = whole;
        }

        /// Hands what is left of class `type` to `handler`, if anything is.
        public Clauses on(Class<? extends Throwable> type,
                Consumer<? super ThrowableGroup> handler) {
            ThrowableGroup left = rest;
            if (left == null) return this;
            Split split = left.split(type);
            rest = split.rest();
            if (split.matched() != null) call(handler, split.matched());
            return this;
        }

        private void call(Consumer<? super ThrowableGroup> handler, ThrowableGroup matched) {
            try {
                handler.accept(matched);
            } catch (CancelledError | KeyboardInterrupt | SystemExit e) {
                if (rest != null) e.addSuppressed(rest.asThrowable());
                throw e;                // not for a group: who asked for it waits for it
            } catch (Throwable e) {     // all of it: it must not take the place of the rest
                if (e == matched.asThrowable()) again.add(matched);
                else raised.add(e);
            }
        }

        private void end() throws ExceptionGroup {
            ThrowableGroup left = again.isEmpty() ? rest : unhandled();
            if (!raised.isEmpty()) {
                if (left != null) raised.add(left.asThrowable());
                left = of("thrown while handling: " + whole.message(), raised);
            }
            switch (left) {
                case ExceptionGroup group -> throw group;
                case BaseExceptionGroup group -> throw group;
                case null -> { }
            }
        }

        /// The rest and what handlers threw again, in the shape of the whole.
        private @Nullable ThrowableGroup unhandled() {
            Set<Throwable> leaves = Collections.newSetFromMap(new IdentityHashMap<>());
            for (ThrowableGroup group : again) addLeaves(group, leaves);
            if (rest != null) addLeaves(rest, leaves);
            return whole.subgroup(leaves::contains);
        }

        private static void addLeaves(ThrowableGroup group, Set<Throwable> leaves) {
            for (Throwable each : group.exceptions()) {
                if (each instanceof ThrowableGroup inner) addLeaves(inner, leaves);
                else leaves.add(each);
            }
        }
    }
}

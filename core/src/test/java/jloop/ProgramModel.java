package jloop;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import jloop.RandomPrograms.Stmt;
import org.jspecify.annotations.Nullable;

/// What a random program does by the rules: a loop, futures, tasks and scopes once more, as
/// plainly as they can be told, without threads and without any class of jloop. What a task
/// does next is a continuation that is called with the error that was thrown, or null.
final class ProgramModel {

    static final int MAX_STEPS = 100_000;

    /// `owner` and `reason` are those of a cancellation.
    record Err(String kind, @Nullable Object owner, @Nullable String reason) {
        Err(String kind) {
            this(kind, null, null);
        }

        boolean isCancelled() {
            return kind.equals("cancelled");
        }

        @Override
        public String toString() {
            return reason == null ? kind : kind + ":" + reason;
        }
    }

    private record Timer(long when, long rank, Runnable call) { }

    private static final Object ROOT = "task";

    private final boolean asCPython;        // by counts alone, where jloop knows the owners
    private final LongUnaryOperator rank;
    private final Queue<Runnable> ready = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(
            Comparator.comparingLong(Timer::when).thenComparingLong(Timer::rank));
    private final Map<Integer, MTask> tasks = new HashMap<>();
    private final Map<Integer, MScope> scopes = new HashMap<>();
    private final Map<Integer, MGroup> groups = new HashMap<>();
    private final List<String> trace = new ArrayList<>();
    private long now;
    private long made;

    ProgramModel(boolean asCPython, LongUnaryOperator rank) {
        this.asCPython = asCPython;
        this.rank = rank;
    }

    List<String> run(List<Stmt> program) {
        spawn(0, program);
        for (int step = 0; step < MAX_STEPS; step++) {
            Runnable call = ready.poll();
            if (call != null) {
                call.run();
            } else if (timers.isEmpty()) {
                return trace;
            } else {
                now = timers.peek().when;
                while (!timers.isEmpty() && timers.peek().when == now)
                    ready.add(timers.poll().call);
            }
        }
        throw new AssertionError("the model does not end");
    }

    private Runnable after(long delay, Runnable call) {
        boolean[] off = new boolean[1];
        Timer timer = new Timer(now + delay, rank.applyAsLong(made++), () -> {
            if (!off[0]) call.run();
        });
        timers.add(timer);
        return () -> {
            off[0] = true;
            timers.remove(timer);
        };
    }

    private Runnable soon(Runnable call) {
        boolean[] off = new boolean[1];
        ready.add(() -> {
            if (!off[0]) call.run();
        });
        return () -> off[0] = true;
    }

    // ---- Futures

    private class MFuture {
        boolean done;
        @Nullable Err err;
        private final List<Runnable> listeners = new ArrayList<>();

        void listen(Runnable call) {
            if (done) ready.add(call);
            else listeners.add(call);
        }

        void finish(@Nullable Err with) {
            done = true;
            err = with;
            ready.addAll(listeners);
        }

        /// What whoever looks at it gets: nobody's cancellation.
        @Nullable Err thrown() {
            return err == null ? null : new Err(err.kind, null, err.reason);
        }

        boolean isCancelled() {
            return done && err != null && err.isCancelled();
        }

        boolean cancel(@Nullable String reason) {
            if (done) return false;
            finish(new Err("cancelled", null, reason));
            return true;
        }
    }

    private final class MGather extends MFuture {
        private final Set<MTask> children;
        private int left;
        private boolean asked;
        private @Nullable String reason;

        MGather(Set<MTask> children) {
            this.children = children;
            this.left = children.size();
            List<MTask> over = children.stream().filter(child -> child.done).toList();
            for (MTask child : children) if (!child.done) child.listen(() -> ended(child));
            over.forEach(this::ended);
        }

        private void ended(MTask child) {
            left--;
            if (done) return;
            if (child.err != null) finish(child.thrown());
            else if (left == 0) finish(asked ? new Err("cancelled", null,
                    asCPython ? child.reason : reason) : null);
        }

        @Override
        boolean cancel(@Nullable String why) {
            if (done) return false;
            boolean any = false;
            for (MTask child : children) any |= child.cancel(why);
            asked |= any;
            if (any) reason = why;
            return any;
        }
    }

    private MFuture shield(MFuture inner) {
        if (inner.done) return inner;
        MFuture outer = new MFuture();
        inner.listen(() -> {
            if (!outer.done) outer.finish(inner.isCancelled() ? new Err("cancelled") : inner.err);
        });
        return outer;
    }

    // ---- Scopes

    private final class MScope {
        final MTask task;
        final boolean level;
        final int entry;
        boolean shield;
        boolean cancelled;
        boolean left;
        @Nullable String reason;
        final int toldAtEntry;
        @Nullable Err toldFromOutside;          // the outermost that came inside
        Runnable disarm = () -> { };

        MScope(MTask task, boolean level, boolean shield) {
            this.task = task;
            this.level = level;
            this.shield = shield;
            this.entry = task.cancelling;
            this.toldAtEntry = task.told;
            task.stack.add(this);
            if (shield) task.must &= task.unkept() != null;
        }

        void deadline(int delay) {
            disarm.run();
            if (left || cancelled) return;
            if (delay <= 0) cancel(null);
            else disarm = after(delay, () -> cancel(null));
        }

        void cancel(@Nullable String why) {
            if (left || cancelled) return;
            cancelled = true;
            reason = why;
            disarm.run();
            if (!level) task.cancelling++;
            task.ask(this, why);
        }

        void setShield(boolean raised) {
            if (left || shield == raised) return;
            shield = raised;
            if (raised) task.must &= task.unkept() != null;
            else task.unshielded();
        }

        /// What the error is outside.
        @Nullable Err leave(@Nullable Err err, String turnsInto) {
            if (!leave(err)) return err;
            return turnsInto.isEmpty() ? null : new Err(turnsInto);
        }

        /// True if the error is the scope's own.
        boolean leave(@Nullable Err err) {
            left = true;
            disarm.run();
            task.stack.removeLast();
            if (shield) task.unshielded();
            if (!cancelled) return false;
            boolean undone = level || task.uncancel() <= entry || task.isAnyKeptOff();
            if (!asCPython) {
                task.asked.remove(this);
                task.must &= task.unkept() != null;
            }
            if (err == null || !err.isCancelled() || !undone) return false;
            return asCPython || err.owner == null || err.owner == this;
        }
    }

    // ---- Groups

    private final class MGroup {
        final MTask parent;
        private final @Nullable MScope scope;           // null as CPython
        private final Set<MTask> children = new LinkedHashSet<>();
        private final List<Err> errors = new ArrayList<>();
        private @Nullable MFuture end;
        private boolean ending;
        private boolean aborting;
        private boolean parentCancelled;
        private @Nullable Err passing;
        private @Nullable Err outside;          // from further out, the outermost
        private boolean seen;                   // a cancellation has come out of the body or wait

        MGroup(MTask parent) {
            this.parent = parent;
            this.scope = asCPython ? null : new MScope(parent, false, false);
        }

        /// False if it is too late.
        boolean add(int index, List<Stmt> body) {
            if (aborting || ending && children.isEmpty()) return false;
            MTask child = new MTask(index, body);
            tasks.put(index, child);
            children.add(child);
            child.listen(() -> ended(child));
            return true;
        }

        private void ended(MTask child) {
            children.remove(child);
            if (children.isEmpty() && end != null && !end.done) end.finish(null);
            if (child.err == null || child.isCancelled()) return;
            errors.add(child.err);
            if (!aborting) cancel();
        }

        void cancel() {
            if (aborting || ending && children.isEmpty()) return;
            abort();
            parentCancelled = true;
            if (scope == null) parent.cancel(null);
            else scope.cancel(null);
        }

        private void abort() {
            aborting = true;
            for (MTask child : children) child.cancel(null);
        }

        private void see(Err error) {
            seen = true;
            if (scope == null || error.owner == null) return;
            int place = parent.place(error.owner);
            if (place < parent.stack.indexOf(scope)
                    && (outside == null || place < parent.place(outside.owner))) outside = error;
        }

        void leave(@Nullable Err thrown, Consumer<@Nullable Err> next) {
            ending = true;
            if (thrown != null && !aborting) abort();
            if (thrown != null && thrown.isCancelled()) {
                passing = thrown;
                see(thrown);
            }
            awaitChildren(() -> {
                if (thrown != null && !thrown.isCancelled()) errors.add(thrown);
                next.accept(asCPython ? leftAsCPython() : left());
            });
        }

        private void awaitChildren(Runnable next) {
            if (children.isEmpty()) {
                next.run();
                return;
            }
            MFuture waited = new MFuture();
            end = waited;
            parent.await(waited, seen, err -> {
                end = null;
                if (err != null) {
                    see(err);
                    if (!aborting) {
                        passing = err;
                        abort();
                    }
                }
                awaitChildren(next);
            });
        }

        private Err group() {
            return new Err("group" + errors);
        }

        /// taskgroups.py, word for word.
        private @Nullable Err leftAsCPython() {
            if (parentCancelled && parent.uncancel() == 0) passing = null;
            if (errors.isEmpty()) return passing;
            if (parent.cancelling > 0) {
                parent.uncancel();
                parent.cancel(null);
            }
            return group();
        }

        /// Whatever came from outside goes on: now, or at the next wait if there are failures.
        private @Nullable Err left() {
            MScope left = scope;
            if (left == null) throw new AssertionError();
            boolean own = left.leave(passing);
            if (errors.isEmpty()) return outside != null ? outside : own ? null : passing;
            if (outside != null) parent.askAgain(outside);
            else if (left.toldFromOutside != null && parent.cancelling > left.toldAtEntry)
                parent.askAgain(left.toldFromOutside);
            return group();
        }
    }

    // ---- Tasks

    private final class MTask extends MFuture {
        final int index;
        int cancelling;
        int told;                       // of these, how many were sent on or thrown
        @Nullable String reason;        // of the last request
        boolean must;
        final List<MScope> stack = new ArrayList<>();
        final Set<Object> asked = new LinkedHashSet<>();        // and not yet told
        private @Nullable Object sent;                          // who, by what it waits for
        private boolean reasonTold;
        private boolean endedUnasked;           // but cancelled all the same
        private @Nullable MFuture waiting;

        MTask(int index, List<Stmt> body) {
            this.index = index;
            ready.add(() -> {
                if (must) end(new Err("cancelled", null, reason));
                else exec(this, body, 0, err -> {
                    log(this, "body " + (err == null ? "ok" : err));
                    end(err);
                });
            });
        }

        private void end(@Nullable Err err) {
            Err last = err == null && must ? new Err("cancelled", null, reason) : err;
            endedUnasked = err == null;
            finish(last);
        }

        /// CPython tells the reason once, if it was thrown in the task.
        @Override
        @Nullable Err thrown() {
            Err thrown = super.thrown();
            if (!asCPython || endedUnasked || !isCancelled()) return thrown;
            boolean again = reasonTold;
            reasonTold = true;
            return again ? new Err("cancelled") : thrown;
        }

        @Override
        boolean cancel(@Nullable String why) {
            if (done) return false;
            cancelling++;
            ask(ROOT, why);
            return true;
        }

        int uncancel() {
            if (cancelling > 0 && --cancelling == 0) {
                asked.removeIf(owner -> !(owner instanceof MScope scope && scope.level));
                sent = null;
                must &= unkept() != null;
            }
            told = Math.min(told, cancelling);
            return cancelling;
        }

        void ask(Object owner, @Nullable String why) {
            asked.add(owner);
            if (!asCPython && !(owner instanceof MScope scope && scope.level)) reason = why;
            if (!isKeptOff(owner)) deliver(why);
        }

        /// Once more, because another error is thrown instead.
        void askAgain(Err error) {
            Object owner = error.owner;
            if (owner == null || owner instanceof MScope scope && scope.level || cancelling == 0)
                return;
            asked.add(owner);
            told = Math.min(told, cancelling - 1);
            reason = error.reason;
            must |= !isKeptOff(owner);
        }

        private void deliver(@Nullable String why) {
            if (waiting != null && waiting.cancel(why)) {
                sent = take();
            } else {
                must = true;
                if (asCPython) reason = why;
            }
        }

        void unshielded() {
            MScope level = level();
            if (level != null) asked.add(level);
            if (unkept() != null)
                deliver(level == null || asked.contains(ROOT) ? reason : level.reason);
        }

        int place(Object owner) {
            return owner == ROOT ? -1 : stack.indexOf(owner);
        }

        private boolean isKeptOff(Object owner) {
            return stack.subList(place(owner) + 1, stack.size()).stream().anyMatch(s -> s.shield);
        }

        boolean isAnyKeptOff() {
            return asked.stream().anyMatch(owner -> isKeptOff(owner)
                    && !(owner instanceof MScope scope && scope.level));
        }

        /// The outermost who asked and is not kept off by a shield.
        @Nullable Object unkept() {
            return asked.stream().filter(owner -> !isKeptOff(owner))
                    .min(Comparator.comparingInt(this::place)).orElse(null);
        }

        private @Nullable Object take() {
            Object first = unkept();
            Object now = first;
            if (sent != null && (first == null || place(sent) < place(first))) first = sent;
            asked.removeIf(owner -> !isKeptOff(owner));
            if (!isAnyKeptOff()) told = cancelling;
            if (now != null) tell(now);
            return first;
        }

        private void tell(Object owner) {
            Err err = new Err("cancelled", owner,
                    owner instanceof MScope scope ? scope.reason : reason);
            for (MScope scope : stack.subList(place(owner) + 1, stack.size())) {
                Err before = scope.toldFromOutside;
                if (before == null || place(owner) <= place(before.owner))
                    scope.toldFromOutside = err;
            }
        }

        private @Nullable MScope level() {
            return stack.stream().filter(s -> s.level && s.cancelled && !isKeptOff(s))
                    .findFirst().orElse(null);
        }

        private Err cancelled() {
            Object owner = unkept();
            return cancelled(owner instanceof MScope scope && scope.level
                    && (sent == null || place(owner) <= place(sent)) ? scope.reason : reason);
        }

        private Err cancelled(@Nullable String why) {
            Err err = new Err("cancelled", take(), why);
            sent = null;
            must = false;
            return err;
        }

        private boolean throwsAtOnce(Consumer<@Nullable Err> next) {
            MScope level = level();
            if (level == null) return false;
            asked.add(level);
            next.accept(cancelled());
            return true;
        }

        void yield(Consumer<@Nullable Err> next) {
            if (throwsAtOnce(next)) return;
            ready.add(() -> next.accept(must ? cancelled() : null));
        }

        void await(MFuture future, Consumer<@Nullable Err> next) {
            await(future, false, next);
        }

        /// `regardless` of a level scope that is cancelled.
        void await(MFuture future, boolean regardless, Consumer<@Nullable Err> next) {
            if (future.done) {
                next.accept(future.thrown());
                return;
            }
            if (!regardless && throwsAtOnce(next)) return;
            waiting = future;
            future.listen(() -> {
                waiting = null;
                if (future.isCancelled()) {
                    Err err = future.thrown();
                    next.accept(cancelled(err == null ? null : err.reason));
                } else if (must) {
                    next.accept(cancelled());
                } else {
                    sent = null;
                    next.accept(future.thrown());
                }
            });
            if (must && future.cancel(reason)) {
                must = false;
                sent = take();
            }
        }
    }

    private void spawn(int index, List<Stmt> body) {
        tasks.put(index, new MTask(index, body));
    }

    private void log(MTask task, String event) {
        trace.add(now + " " + task.index + " " + event + " " + task.cancelling);
    }

    // ---- Statements

    private void exec(MTask me, List<Stmt> block, int i, Consumer<@Nullable Err> next) {
        if (i == block.size()) {
            next.accept(null);
            return;
        }
        exec(me, block.get(i), err -> {
            if (err != null) {
                next.accept(err);
                return;
            }
            log(me, block.get(i).op());
            exec(me, block, i + 1, next);
        });
    }

    private void exec(MTask me, Stmt s, Consumer<@Nullable Err> next) {
        MTask other = tasks.get(s.a());
        switch (s.op()) {
            case "sleep" -> sleep(me, s.a(), next);
            case "raise" -> next.accept(new Err("raised"));
            case "cancel" -> {
                if (other != null) other.cancel(reason(s));
                next.accept(null);
            }
            case "cancelin" -> {
                if (other != null) after(1, () -> other.cancel(reason(s)));
                next.accept(null);
            }
            case "uncancel" -> {
                me.uncancel();
                next.accept(null);
            }
            case "await" -> await(me, other, next);
            case "shield" -> await(me, other == null ? null : shield(other), next);
            case "gather" -> gather(me, s, next);
            case "waitfor" -> {
                if (other == null) next.accept(null);
                else waitFor(me, other, s.b(), next);
            }
            case "spawn" -> {
                spawn(s.a(), s.body());
                next.accept(null);
            }
            case "child" -> {
                MGroup group = groups.get(s.a());
                next.accept(group == null || group.add(s.b(), s.body()) ? null
                        : new Err("refused"));
            }
            case "group" -> {
                MGroup group = new MGroup(me);
                groups.put(s.a(), group);
                exec(me, s.body(), 0, err -> group.leave(err, next));
            }
            case "cancelgroup" -> {
                MGroup group = groups.get(s.a());
                if (group != null) group.cancel();
                next.accept(null);
            }
            case "try" -> attempt(me, s, next);
            case "timeout" -> timeout(me, s.a(), k -> exec(me, s.body(), 0, k), next);
            case "moveon", "scope", "shielded" -> {
                MScope scope = new MScope(me, true, s.op().equals("shielded"));
                scopes.put(s.a(), scope);
                if (s.b() >= 0) scope.deadline(s.b());
                exec(me, s.body(), 0, err -> next.accept(scope.leave(err, "")));
            }
            default -> {
                MScope scope = scopes.get(s.a());
                if (scope != null) change(scope, s);
                next.accept(null);
            }
        }
    }

    private void change(MScope scope, Stmt s) {
        switch (s.op()) {
            case "cancelscope" -> scope.cancel(reason(s));
            case "deadline" -> scope.deadline(s.b());
            case "setshield" -> scope.setShield(s.b() == 1);
            default -> throw new AssertionError(s);
        }
    }

    private static @Nullable String reason(Stmt s) {
        return s.b() == 0 ? null : "r" + s.b();
    }

    private void await(MTask me, @Nullable MFuture future, Consumer<@Nullable Err> next) {
        if (future == null) next.accept(null);
        else me.await(future, next);
    }

    private void sleep(MTask me, int delay, Consumer<@Nullable Err> next) {
        if (delay == 0) {
            me.yield(next);
            return;
        }
        MFuture over = new MFuture();
        Runnable off = after(delay, () -> {
            if (!over.done) over.finish(null);
        });
        me.await(over, err -> {
            off.run();
            next.accept(err);
        });
    }

    private void gather(MTask me, Stmt s, Consumer<@Nullable Err> next) {
        Set<MTask> children = new LinkedHashSet<>();
        for (int index : new int[] {s.a(), s.b()}) {
            if (tasks.get(index) != null) children.add(tasks.get(index));
        }
        if (children.isEmpty()) next.accept(null);
        else me.await(new MGather(children), next);
    }

    private void waitFor(MTask me, MTask other, int limit, Consumer<@Nullable Err> next) {
        if (limit > 0) {
            timeout(me, limit, k -> me.await(other, k), next);
        } else if (other.done) {
            next.accept(other.thrown());
        } else {
            MFuture ended = new MFuture();
            other.listen(() -> {
                if (!ended.done) ended.finish(null);
            });
            other.cancel(null);
            me.await(ended, err -> {
                if (err != null) next.accept(err);
                else next.accept(other.isCancelled() ? new Err("timeout") : other.thrown());
            });
        }
    }

    private void timeout(MTask me, int limit, Consumer<Consumer<@Nullable Err>> body,
            Consumer<@Nullable Err> next) {
        MScope scope = new MScope(me, false, false);
        scope.disarm = limit == 0 ? soon(() -> scope.cancel(null))
                : after(limit, () -> scope.cancel(null));
        body.accept(err -> next.accept(scope.leave(err, "timeout")));
    }

    private void attempt(MTask me, Stmt s, Consumer<@Nullable Err> next) {
        Consumer<@Nullable Err> last = err -> exec(me, s.last(), 0,
                thrown -> next.accept(thrown != null ? thrown : err));
        exec(me, s.body(), 0, err -> {
            boolean caught = err != null && (s.a() == 1 ? err.isCancelled()
                    : s.a() == 2 && !err.isCancelled());
            if (!caught) {
                last.accept(err);
                return;
            }
            log(me, "caught " + err);
            exec(me, s.handler(), 0, last);
        });
    }
}

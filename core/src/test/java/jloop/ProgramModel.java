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
/// plainly as they can be told, without threads and without any class of jloop. What a task does
/// next is a continuation that is called with the error that was thrown, or null.
final class ProgramModel {

    static final int MAX_STEPS = 100_000;

    record Err(String kind, @Nullable Object owner) { }

    private record Timer(long when, long rank, Runnable call) { }

    private static final Object ROOT = "task";

    private final boolean asCPython;        // by counts alone, where jloop knows the owners
    private final LongUnaryOperator rank;
    private final Queue<Runnable> ready = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(
            Comparator.comparingLong(Timer::when).thenComparingLong(Timer::rank));
    private final Map<Integer, MTask> tasks = new HashMap<>();
    private final Map<Integer, MScope> scopes = new HashMap<>();
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
                while (!timers.isEmpty() && timers.peek().when == now) ready.add(timers.poll().call);
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
            return err == null ? null : new Err(err.kind, null);
        }

        boolean isCancelled() {
            return done && err != null && err.kind.equals("cancelled");
        }

        boolean cancel() {
            if (done) return false;
            finish(new Err("cancelled", null));
            return true;
        }
    }

    private final class MGather extends MFuture {
        private final Set<MTask> children;
        private int left;
        private boolean asked;

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
            if (child.err != null) finish(child.err);
            else if (left == 0) finish(asked ? new Err("cancelled", null) : null);
        }

        @Override
        boolean cancel() {
            if (done) return false;
            boolean any = false;
            for (MTask child : children) any |= child.cancel();
            asked |= any;
            return any;
        }
    }

    private MFuture shield(MFuture inner) {
        if (inner.done) return inner;
        MFuture outer = new MFuture();
        inner.listen(() -> {
            if (!outer.done) outer.finish(inner.err);
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
        Runnable disarm = () -> { };

        MScope(MTask task, boolean level, boolean shield) {
            this.task = task;
            this.level = level;
            this.shield = shield;
            this.entry = task.cancelling;
            task.stack.add(this);
            if (shield) task.must &= task.unkept() != null;
        }

        void deadline(int delay) {
            disarm.run();
            if (left || cancelled) return;
            if (delay <= 0) cancel();
            else disarm = after(delay, this::cancel);
        }

        void cancel() {
            if (left || cancelled) return;
            cancelled = true;
            disarm.run();
            if (!level) task.cancelling++;
            task.ask(this);
        }

        void setShield(boolean raised) {
            if (left || shield == raised) return;
            shield = raised;
            if (raised) task.must &= task.unkept() != null;
            else task.unshielded();
        }

        /// What the error is outside.
        @Nullable Err leave(@Nullable Err err, String turnsInto) {
            left = true;
            disarm.run();
            task.stack.removeLast();
            if (shield) task.unshielded();
            if (!cancelled) return err;
            boolean undone = level || task.uncancel() <= entry || task.isAnyKeptOff();
            if (!asCPython) {
                task.asked.remove(this);
                task.must &= task.unkept() != null;
            }
            if (err == null || !err.kind.equals("cancelled") || !undone) return err;
            if (!asCPython && err.owner != null && err.owner != this) return err;
            return turnsInto.isEmpty() ? null : new Err(turnsInto, null);
        }
    }

    // ---- Tasks

    private final class MTask extends MFuture {
        final int index;
        int cancelling;
        boolean must;
        final List<MScope> stack = new ArrayList<>();
        final Set<Object> asked = new LinkedHashSet<>();        // and not yet told
        private @Nullable Object told;                          // who, by what it waits for
        private @Nullable MFuture waiting;

        MTask(int index, List<Stmt> body) {
            this.index = index;
            ready.add(() -> {
                if (must) end(new Err("cancelled", null));
                else exec(this, body, 0, err -> {
                    log(this, "body " + (err == null ? "ok" : err.kind));
                    end(err);
                });
            });
        }

        private void end(@Nullable Err err) {
            Err last = err == null && must ? new Err("cancelled", null) : err;
            finish(last);
        }

        @Override
        boolean cancel() {
            if (done) return false;
            cancelling++;
            ask(ROOT);
            return true;
        }

        int uncancel() {
            if (cancelling > 0 && --cancelling == 0) {
                asked.removeIf(owner -> !(owner instanceof MScope scope && scope.level));
                told = null;
                must &= unkept() != null;
            }
            return cancelling;
        }

        void ask(Object owner) {
            asked.add(owner);
            if (!isKeptOff(owner)) deliver();
        }

        private void deliver() {
            if (waiting != null && waiting.cancel()) told = take();
            else must = true;
        }

        void unshielded() {
            MScope level = level();
            if (level != null) asked.add(level);
            if (unkept() != null) deliver();
        }

        private int place(Object owner) {
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
            if (told != null && (first == null || place(told) < place(first))) first = told;
            asked.removeIf(owner -> !isKeptOff(owner));
            return first;
        }

        private @Nullable MScope level() {
            return stack.stream().filter(s -> s.level && s.cancelled && !isKeptOff(s))
                    .findFirst().orElse(null);
        }

        private Err cancelled() {
            Err err = new Err("cancelled", take());
            told = null;
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
            if (future.done) {
                next.accept(future.thrown());
                return;
            }
            if (throwsAtOnce(next)) return;
            waiting = future;
            future.listen(() -> {
                waiting = null;
                if (must || future.isCancelled()) {
                    next.accept(cancelled());
                } else {
                    told = null;
                    next.accept(future.thrown());
                }
            });
            if (must && future.cancel()) {
                must = false;
                told = take();
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
            case "raise" -> next.accept(new Err("raised", null));
            case "cancel" -> {
                if (other != null) other.cancel();
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
            case "cancelscope" -> scope.cancel();
            case "deadline" -> scope.deadline(s.b());
            case "setshield" -> scope.setShield(s.b() == 1);
            default -> throw new AssertionError(s);
        }
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
            other.cancel();
            me.await(ended, err -> {
                if (err != null) next.accept(err);
                else next.accept(other.isCancelled() ? new Err("timeout", null) : other.thrown());
            });
        }
    }

    private void timeout(MTask me, int limit, Consumer<Consumer<@Nullable Err>> body,
            Consumer<@Nullable Err> next) {
        MScope scope = new MScope(me, false, false);
        scope.disarm = limit == 0 ? soon(scope::cancel) : after(limit, scope::cancel);
        body.accept(err -> next.accept(scope.leave(err, "timeout")));
    }

    private void attempt(MTask me, Stmt s, Consumer<@Nullable Err> next) {
        Consumer<@Nullable Err> last = err -> exec(me, s.last(), 0,
                thrown -> next.accept(thrown != null ? thrown : err));
        exec(me, s.body(), 0, err -> {
            boolean caught = err != null && (s.a() == 1 ? err.kind.equals("cancelled")
                    : s.a() == 2 && !err.kind.equals("cancelled"));
            if (!caught) {
                last.accept(err);
                return;
            }
            log(me, "caught " + err.kind);
            exec(me, s.handler(), 0, last);
        });
    }
}

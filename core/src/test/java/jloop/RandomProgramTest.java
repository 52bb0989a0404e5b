package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongUnaryOperator;
import jloop.RandomPrograms.Stmt;
import jloop.kernel.VirtualPoller;
import org.junit.jupiter.api.Test;

/// Thousands of random programs do what the rules say, to the turn: by a model of a few hundred
/// lines, and for asyncio's part by what CPython has recorded. `-Djloop.seed=N` runs one of
/// them.
class RandomProgramTest {

    private static final int PROGRAMS = Carrier.level() == Level.HANDOFF ? 3_000 : 10_000;
    private static final String RECORDED = "random-programs.txt";

    private static final class Raised extends Exception {
        private static final long serialVersionUID = 1;
    }

    /// A group did not make a task.
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
    }

    /// One program, run by jloop.
    private static final class Run {

        private final VirtualPoller poller = new VirtualPoller();
        private final EventLoop loop = new EventLoop(poller, poller);
        private final Map<Integer, Task<?>> tasks = new HashMap<>();
        private final Map<Integer, CancelScope> scopes = new HashMap<>();
        private final Map<Integer, TaskGroup> groups = new HashMap<>();
        private final List<String> trace = new ArrayList<>();

        Run(Order order) {
            loop.setOrder(order);
            loop.setExceptionHandler((_, _) -> { });
        }

        List<String> run(List<Stmt> program) {
            try (loop) {
                spawn(0, program);
                for (int i = 0; i < RandomPrograms.TASKS_MAX; i++) finish(i);
            }
            return trace;
        }

        private void finish(int index) {
            Task<?> task = tasks.get(index);
            if (task == null || task.done()) return;
            try {
                loop.runUntilComplete(task);
            } catch (CancelledError | Exception e) {
                assertThat(e).isNotInstanceOf(IllegalStateException.class);
            }
        }

        private void spawn(int index, List<Stmt> body) {
            Task<?>[] self = new Task<?>[1];
            self[0] = loop.createTask(() -> carryOut(index, body));
            self[0].addDoneCallback(_ -> { });
            tasks.put(index, self[0]);
        }

        private void carryOut(int index, List<Stmt> body) throws Exception {
            try {
                exec(index, body);
                log(index, "body ok");
            } catch (CancelledError | Exception e) {
                log(index, "body " + kind(e));
                throw e;
            }
        }

        private static String kind(Throwable e) {
            return switch (e) {
                case CancelledError c -> "cancelled" + (c.reason() == null ? "" : ":" + c.reason());
                case TimeoutException _ -> "timeout";
                case Raised _ -> "raised";
                case Refused _ -> "refused";
                case ExceptionGroup g -> "group" + g.exceptions().stream().map(Run::kind).toList();
                default -> e.toString();
            };
        }

        private void log(int me, String event) {
            trace.add(TimeUnit.NANOSECONDS.toSeconds(loop.time()) + " " + me + " " + event + " "
                    + tasks.get(me).cancelling());
        }

        private void exec(int me, List<Stmt> block) throws Exception {
            for (Stmt s : block) {
                exec(me, s);
                log(me, s.op());
            }
        }

        private void exec(int me, Stmt s) throws Exception {
            Task<?> other = tasks.get(s.a());
            CancelScope scope = scopes.get(s.a());
            switch (s.op()) {
                case "sleep" -> Asyncio.sleep(Duration.ofSeconds(s.a()));
                case "raise" -> throw new Raised();
                case "cancel" -> {
                    if (other != null) other.cancel(reason(s));
                }
                case "cancelin" -> {
                    if (other != null)
                        loop.callLater(Duration.ofSeconds(1), () -> other.cancel(reason(s)));
                }
                case "uncancel" -> tasks.get(me).uncancel();
                case "await" -> {
                    if (other != null) other.await();
                }
                case "shield" -> {
                    if (other != null) Asyncio.shield(other).await();
                }
                case "gather" -> gather(s);
                case "waitfor" -> {
                    if (other != null) Asyncio.waitFor(other, Duration.ofSeconds(s.b()));
                }
                case "spawn" -> spawn(s.a(), s.body());
                case "child" -> child(s);
                case "group" -> TaskGroup.open(group -> {
                    groups.put(s.a(), group);
                    exec(me, s.body());
                });
                case "cancelgroup" -> {
                    if (groups.get(s.a()) != null) groups.get(s.a()).cancel();
                }
                case "try" -> attempt(me, s);
                case "timeout" -> Asyncio.timeout(Duration.ofSeconds(s.a()),
                        () -> exec(me, s.body()));
                case "moveon" -> Asyncio.moveOnAfter(limit(s), entered -> within(entered, me, s));
                case "scope" -> CancelScope.open(entered -> within(entered, me, s));
                case "shielded" -> CancelScope.open("shielded", s.b() < 0 ? CancelScope.NEVER
                        : loop.later(limit(s).toNanos()), true, entered -> within(entered, me, s));
                case "cancelscope" -> {
                    if (scope != null) scope.cancel(reason(s));
                }
                case "deadline" -> {
                    if (scope != null)
                        scope.setDeadline(loop.time() + TimeUnit.SECONDS.toNanos(s.b()));
                }
                case "setshield" -> {
                    if (scope != null) scope.setShield(s.b() == 1);
                }
                default -> throw new AssertionError(s);
            }
        }

        private void child(Stmt s) throws Refused {
            TaskGroup group = groups.get(s.a());
            if (group == null) return;
            try {
                tasks.put(s.b(), group.createTask(() -> carryOut(s.b(), s.body())));
            } catch (IllegalStateException _) {
                throw new Refused();
            }
        }

        private static String reason(Stmt s) {
            return s.b() == 0 ? null : "r" + s.b();
        }

        private static Duration limit(Stmt s) {
            return s.b() < 0 ? null : Duration.ofSeconds(s.b());
        }

        private void within(CancelScope entered, int me, Stmt s) throws Exception {
            scopes.put(s.a(), entered);
            exec(me, s.body());
        }

        private void gather(Stmt s) {
            Set<Future<?>> children = new LinkedHashSet<>();
            for (int index : new int[] {s.a(), s.b()}) {
                if (tasks.get(index) != null) children.add(tasks.get(index));
            }
            if (children.isEmpty()) return;
            List<Future<Object>> futures = new ArrayList<>();
            for (Future<?> child : children) futures.add(cast(child));
            Asyncio.<Object>gather(futures).await();
        }

        @SuppressWarnings("unchecked")
        private static Future<Object> cast(Future<?> future) {
            return (Future<Object>) future;
        }

        private void attempt(int me, Stmt s) throws Exception {
            try {
                exec(me, s.body());
            } catch (CancelledError e) {
                if (s.a() != 1) throw e;
                log(me, "caught " + kind(e));
                exec(me, s.handler());
            } catch (Exception e) {
                if (s.a() != 2) throw e;
                log(me, "caught " + kind(e));
                exec(me, s.handler());
            } finally {
                exec(me, s.last());
            }
        }
    }

    private static List<String> modelled(List<Stmt> program, LongUnaryOperator rank) {
        return new ProgramModel(false, rank).run(program);
    }

    private static void check(long seed, boolean withScopes, boolean random) {
        List<Stmt> program = RandomPrograms.of(seed, withScopes);
        SplittableRandom ranks = new SplittableRandom(seed);
        List<String> expected = modelled(program, random ? _ -> ranks.nextLong() : n -> n);
        List<String> actual = new Run(random ? Order.random(seed) : Order.FIFO).run(program);
        assertThat(actual).as("seed %d, scopes %s, random order %s: %s", seed, withScopes, random,
                program).isEqualTo(expected);
    }

    @Test
    void program_ofAnySeed_doesWhatTheModelDoes() {
        Long only = Long.getLong("jloop.seed");
        long first = only == null ? 0 : only;
        long end = only == null ? PROGRAMS : only + 1;
        for (long seed = first; seed < end; seed++) {
            check(seed, false, false);
            check(seed, true, false);
            check(seed, true, true);
        }
    }

    /// Where jloop means to differ, the recording has left the program out.
    @Test
    void program_thatCPythonHasRun_doesTheSame() throws IOException {
        List<String> recorded;
        try (var in = RandomProgramTest.class.getResourceAsStream(RECORDED)) {
            assertThat(in).as(RECORDED).isNotNull();
            recorded = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines().toList();
        }
        assertThat(recorded).hasSizeGreaterThan(100);
        for (String line : recorded) {
            int space = line.indexOf(' ');
            List<Stmt> program = RandomPrograms.of(Long.parseLong(line.substring(0, space)), false);
            assertThat(String.join(";", new Run(Order.FIFO).run(program)))
                    .as("program %s", program).isEqualTo(line.substring(space + 1));
        }
    }

    /// Writes programs for CPython: `file count`. What the model expects of CPython, and of
    /// jloop, stands beside each.
    public static void main(String[] args) throws IOException {
        List<String> lines = new ArrayList<>();
        for (long seed = 0; seed < Integer.parseInt(args[1]); seed++) {
            List<Stmt> program = RandomPrograms.of(seed, false);
            String asCPython = String.join(";", new ProgramModel(true, n -> n).run(program));
            String asJloop = String.join(";", modelled(program, n -> n));
            lines.add("(" + seed + "," + program + ",'" + asCPython + "',"
                    + (asCPython.equals(asJloop) ? "True" : "False") + ")");
        }
        Files.write(Path.of(args[0]), lines);
    }
}

package jloop;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Random programs: trees of statements of a few tasks, made from a seed.
final class RandomPrograms {

    /// One statement: `a` and `b` are numbers, `body`, `handler` and `last` blocks, as far as
    /// the operation has them. Its text is a Python tuple.
    record Stmt(String op, int a, int b, List<Stmt> body, List<Stmt> handler, List<Stmt> last) {
        @Override
        public String toString() {
            return "('" + op + "'," + a + "," + b + "," + body + "," + handler + "," + last + ")";
        }
    }

    static final int TASKS_MAX = 8;

    private final Random random;
    private final boolean withScopes;
    private int tasks;
    private final List<Integer> open = new ArrayList<>();      // groups around here
    private int scopes;
    private int groups;

    private RandomPrograms(long seed, boolean withScopes) {
        this.random = new Random(seed);
        this.withScopes = withScopes;
    }

    static List<Stmt> of(long seed, boolean withScopes) {
        RandomPrograms programs = new RandomPrograms(seed, withScopes);
        programs.tasks = 1;
        List<Stmt> main = new ArrayList<>();
        for (int i = 0; i < 3; i++) main.addAll(programs.block(3, 0));
        return main;
    }

    private List<Stmt> block(int depth, int me) {
        List<Stmt> block = new ArrayList<>();
        for (int n = 1 + random.nextInt(3); n > 0; n--) block.add(statement(depth, me));
        return block;
    }

    private Stmt statement(int depth, int me) {
        int kind = random.nextInt(withScopes ? 35 : 26);
        if (depth == 0 && isCompound(kind)) kind = random.nextInt(9);
        return switch (kind) {
            case 0, 1, 2 -> leaf("sleep", random.nextInt(4), 0);
            case 3 -> leaf("raise", random.nextInt(9), 0);
            case 4 -> leaf("cancel", random.nextInt(TASKS_MAX), random.nextInt(3));
            case 5 -> leaf("cancel", me, random.nextInt(3));
            case 6 -> leaf("uncancel", 0, 0);
            case 7 -> leaf("await", above(me), 0);
            case 8 -> leaf("shield", above(me), 0);
            case 9, 10, 11 -> new Stmt("try", random.nextInt(3), 0, block(depth - 1, me),
                    block(depth - 1, me), random.nextBoolean() ? block(depth - 1, me) : List.of());
            case 12, 13 -> nested("timeout", random.nextInt(4), 0, depth, me);
            case 14 -> tasks < TASKS_MAX ? spawn(depth) : leaf("sleep", 1, 0);
            case 15, 16 -> tasks < TASKS_MAX && groups > 0 ? child(someGroup(), depth)
                    : leaf("sleep", 1, 0);
            case 17, 18, 19 -> group(depth, me);
            case 20 -> leaf("gather", above(me), above(me));
            case 21 -> leaf("waitfor", above(me), random.nextInt(4));
            case 22 -> leaf("sleep", 0, 0);
            case 23 -> leaf("cancel", 0, random.nextInt(3));
            case 24, 25 -> leaf("cancelin", random.nextInt(tasks), random.nextInt(3));
            case 26 -> leaf("cancelscope", random.nextInt(scopes + 1), random.nextInt(3));
            case 27 -> leaf("deadline", random.nextInt(scopes + 1), random.nextInt(4));
            case 28 -> leaf("setshield", random.nextInt(scopes + 1), random.nextInt(2));
            case 29 -> leaf("cancelgroup", random.nextInt(groups + 1), 0);
            case 30, 31, 32 -> nested("moveon", scopes++, random.nextInt(5) - 1, depth, me);
            case 33 -> nested("scope", scopes++, -1, depth, me);
            default -> nested("shielded", scopes++, random.nextInt(5) - 1, depth, me);
        };
    }

    private static boolean isCompound(int kind) {
        return kind >= 9 && kind <= 19 || kind >= 30;
    }

    private Stmt group(int depth, int me) {
        int group = groups++;
        open.add(group);
        List<Stmt> body = new ArrayList<>();
        for (int n = random.nextInt(4); n > 0 && tasks < TASKS_MAX; n--)
            body.add(child(group, depth));
        body.addAll(block(depth - 1, me));
        open.removeLast();
        return new Stmt("group", group, 0, body, List.of(), List.of());
    }

    /// Mostly one around here. A child has a higher number than the task that waits for it,
    /// whoever makes it.
    private int someGroup() {
        return open.isEmpty() || random.nextInt(4) == 0 ? random.nextInt(groups) : open.getLast();
    }

    private Stmt child(int group, int depth) {
        int task = tasks++;
        return new Stmt("child", group, task, block(depth - 1, task), List.of(), List.of());
    }

    /// A task that `me` may await: all awaiting goes upwards, so that there are no circles.
    private int above(int me) {
        return me + 1 + random.nextInt(TASKS_MAX - 1);
    }

    private Stmt spawn(int depth) {
        int task = tasks++;
        return new Stmt("spawn", task, 0, block(depth - 1, task), List.of(), List.of());
    }

    private Stmt nested(String op, int a, int b, int depth, int me) {
        return new Stmt(op, a, b, block(depth - 1, me), List.of(), List.of());
    }

    private static Stmt leaf(String op, int a, int b) {
        return new Stmt(op, a, b, List.of(), List.of(), List.of());
    }
}

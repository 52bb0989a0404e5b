import module java.base;

import jloop.VoidCoroutine;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import jloop.poller.Redirect;

import static jloop.Asyncio.*;

/// What child processes cost: `./jloop run bench/jloop/Children.java sched CASE REPETITIONS
/// [SCALE]`, with CASE one of
///
///     cat             100 MB through the pipes of a `cat`, both ways at once
///     true            500 times /bin/true, one after another
///     true50          500 times /bin/true, 50 at a time
///
/// Prints the seconds of each repetition and the count of MB or children as a line of JSON; the
/// first one is cold. SCALE, 1 if not given, multiplies the counts.
public class Children {

    static final int AT_ONCE = 50;
    static final int PIECE_BYTES = 62_500;          // 16 to the MB
    static final int PIECES = 1600;

    public static void main(String[] arguments) {
        if (arguments.length < 3 || !arguments[0].equals("sched")) {
            System.err.println("usage: Children sched CASE REPETITIONS [SCALE]");
            System.exit(2);
        }
        String name = arguments[1];
        double scale = arguments.length > 3 ? Double.parseDouble(arguments[3]) : 1;
        int children = Math.max(2, (int) (500 * scale));
        int pieces = Math.max(16, (int) (PIECES * scale));
        VoidCoroutine benchmark = switch (name) {
            case "cat" -> () -> cat(pieces);
            case "true" -> () -> oneByOne(children);
            case "true50" -> () -> atOnce(children);
            default -> throw new IllegalArgumentException("no such case: " + name);
        };
        double count = name.equals("cat") ? pieces * PIECE_BYTES / 1e6 : children;
        for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
            long began = System.nanoTime();
            run(benchmark);
            long nanos = System.nanoTime() - began;
            System.out.println("{\"case\":\"" + name + "\",\"rep\":" + i
                    + ",\"s\":" + nanos / 1e9 + ",\"count\":" + count + "}");
        }
    }

    static void cat(int pieces) throws IOException {
        try (var child = createSubprocessExec(List.of("cat"),
                o -> o.withStdin(Redirect.PIPE).withStdout(Redirect.PIPE))) {
            gather(() -> feed(child.stdin(), pieces),
                    () -> take(child.stdout(), (long) pieces * PIECE_BYTES)).await();
            check(child.await());
        }
    }

    static void feed(StreamWriter to, int pieces) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        for (int i = 0; i < pieces; i++) {
            to.write(piece);
            to.drain();
        }
        to.close();
    }

    static void take(StreamReader from, long expected) throws IOException {
        long taken = 0;
        for (int count; (count = from.read(64 * 1024).length) > 0; ) taken += count;
        check(taken - expected);
    }

    static void oneByOne(int children) throws IOException {
        for (int i = 0; i < children; i++) child();
    }

    static void atOnce(int children) {
        for (int i = 0; i < children; i += AT_ONCE) {
            var wave = new ArrayList<jloop.Task<Void>>();
            for (int n = i; n < Math.min(i + AT_ONCE, children); n++)
                wave.add(createTask(() -> child()));
            gather(wave).await();
        }
    }

    static void child() throws IOException {
        check(createSubprocessExec("/bin/true").await());
    }

    static void check(long found) {
        if (found != 0) throw new AssertionError(found + ", not 0");
    }
}

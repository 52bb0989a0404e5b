import module java.base;

import jloop.VoidCoroutine;
import jloop.io.AsyncFile;
import jloop.io.AsyncFiles;

import static jloop.Asyncio.*;

/// What reading files costs that are in memory already: `./jloop run bench/jloop/FileReads.java
/// sched CASE REPETITIONS [SCALE]`, with CASE one of
///
///     random64        100,000 times 4 KiB at a random place of a file of 64 MiB, 64 at a time
///     into64          the same, each of the 64 into an array that it has
///     small64         20,000 times a whole file of 4 KiB out of 1,000, 64 at a time
///
/// Prints the seconds of each repetition and the count of reads as a line of JSON; the first
/// one is cold. SCALE, 1 if not given, multiplies the counts.
public class FileReads {

    static final int AT_ONCE = 64;
    static final int PIECE_BYTES = 4096;

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 3 || !arguments[0].equals("sched")) {
            System.err.println("usage: FileReads sched CASE REPETITIONS [SCALE]");
            System.exit(2);
        }
        String name = arguments[1];
        double scale = arguments.length > 3 ? Double.parseDouble(arguments[3]) : 1;
        Path folder = Files.createTempDirectory("jloop-bench");
        try {
            int repetitions = Integer.parseInt(arguments[2]);
            switch (name) {
                case "random64" -> repeat(name, repetitions, (int) (100_000 * scale),
                        random(folder, (int) (16_384 * scale), (int) (100_000 * scale)));
                case "into64" -> repeat(name, repetitions, (int) (100_000 * scale),
                        into(folder, (int) (16_384 * scale), (int) (100_000 * scale)));
                case "small64" -> repeat(name, repetitions, (int) (20_000 * scale),
                        small(folder, (int) (1_000 * scale), (int) (20_000 * scale)));
                default -> throw new IllegalArgumentException("no such case: " + name);
            }
        } finally {
            for (File file : folder.toFile().listFiles()) Files.delete(file.toPath());
            Files.delete(folder);
        }
    }

    static void repeat(String name, int repetitions, int count, VoidCoroutine benchmark) {
        for (int i = 0; i < repetitions; i++) {
            long began = System.nanoTime();
            run(benchmark);
            long nanos = System.nanoTime() - began;
            System.out.println("{\"case\":\"" + name + "\",\"rep\":" + i
                    + ",\"s\":" + nanos / 1e9 + ",\"count\":" + count + "}");
        }
    }

    static VoidCoroutine random(Path folder, int pieces, int reads) throws IOException {
        Path path = large(folder, pieces);
        return () -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                Random random = new Random(1);
                atOnce(reads, () -> () -> {
                    int piece = random.nextInt(pieces);
                    check(file.readAt((long) piece * PIECE_BYTES, PIECE_BYTES), piece);
                });
            }
        };
    }

    static VoidCoroutine into(Path folder, int pieces, int reads) throws IOException {
        Path path = large(folder, pieces);
        return () -> {
            try (AsyncFile file = AsyncFile.open(path)) {
                Random random = new Random(1);
                atOnce(reads, () -> {
                    byte[] read = new byte[PIECE_BYTES];
                    return () -> {
                        int piece = random.nextInt(pieces);
                        long place = (long) piece * PIECE_BYTES;
                        check(read, file.readAt(place, read, 0, PIECE_BYTES), piece);
                    };
                });
            }
        };
    }

    static Path large(Path folder, int pieces) throws IOException {
        Path path = folder.resolve("file");
        try (var out = Files.newOutputStream(path)) {
            for (int i = 0; i < pieces; i++) out.write(piece(i));
        }
        return path;
    }

    static VoidCoroutine small(Path folder, int files, int reads) throws IOException {
        Path[] paths = new Path[files];
        for (int i = 0; i < files; i++)
            paths[i] = Files.write(folder.resolve("file" + i), piece(i));
        return () -> {
            Random random = new Random(1);
            atOnce(reads, () -> () -> {
                int file = random.nextInt(files);
                check(AsyncFiles.readAllBytes(paths[file]), file);
            });
        };
    }

    /// `count` times what `body` makes, by so many tasks.
    static void atOnce(int count, Supplier<VoidCoroutine> body) {
        int[] left = {count};
        var tasks = new ArrayList<jloop.Task<Void>>();
        for (int i = 0; i < AT_ONCE; i++) tasks.add(createTask(() -> {
            VoidCoroutine mine = body.get();
            while (left[0]-- > 0) mine.run();
        }));
        gather(tasks).await();
    }

    /// That begins with its number.
    static byte[] piece(int number) {
        return ByteBuffer.allocate(PIECE_BYTES).putInt(number).array();
    }

    static void check(byte[] read, int number) {
        check(read, read.length, number);
    }

    static void check(byte[] read, int count, int number) {
        if (count != PIECE_BYTES || ByteBuffer.wrap(read).getInt() != number)
            throw new AssertionError("not piece " + number);
    }
}

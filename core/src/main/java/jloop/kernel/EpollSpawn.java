package jloop.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import jloop.kernel.SystemCalls.SpawnSetting;
import jloop.poller.Child;
import jloop.poller.Descriptor;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// How an [EpollPoller] starts one child process.
final class EpollSpawn {

    /*
     * Files are opened here and not by file actions: what fails is then known by name, and a
     * named pipe that nobody reads does not stop the child before its program, and us with it.
     *
     * File actions are carried out in their order, so 0, 1 and 2 are overwritten one after the
     * other: what the child is to have there comes from numbers above them.
     *
     * The JDK opens files without close-on-exec, so everything that was not asked for is closed
     * in the child: up to the last that is passed by its number, as another thread may open one
     * at any time (to close what is not open is no error), and all beyond.
     */

    private static final int FIRST_NUMBER = 3;      // 0, 1 and 2 are the standard streams
    private static final int F_GETFD = 1;
    private static final int OPAQUE_BYTES = 1024;   // glibc: 80 and 336
    private static final int SIGSET_BYTES = 128;
    private static final long SIGPIPE_AND_SIGXFSZ = 1L << 12 | 1L << 24;
    private static final String USUAL_PATH = "/bin:/usr/bin";       // Python: os.defpath

    private final EpollPoller poller;
    private final SystemCalls calls;
    private final SpawnRequest request;
    private final Arena arena;
    private final String program;
    private final int[] sources = {-1, -1, -1};     // of 0, 1 and 2 in the child; -1: inherited
    private final @Nullable Descriptor[] ours = new Descriptor[3];
    private final List<Integer> theirs = new ArrayList<>();
    private String culprit;
    private int error;                              // the first one

    private EpollSpawn(EpollPoller poller, SpawnRequest request, Arena arena) {
        this.poller = poller;
        this.calls = poller.calls;
        this.request = request;
        this.arena = arena;
        this.program = request.command().getFirst();
        this.culprit = program;
    }

    static Child start(EpollPoller poller, SpawnRequest request) {
        try (Arena arena = Arena.ofConfined()) {
            return new EpollSpawn(poller, request, arena).start();
        }
    }

    private Child start() {
        connect(0, request.stdin());
        connect(1, request.stdout());
        connect(2, request.stderr());
        for (int fd : request.passedDescriptors()) checkOpen(fd);
        long pid = error < 0 ? 0 : spawn();
        for (int fd : theirs) calls.close(fd);
        if (error == 0) return new EpollChild(poller, pid, program, ours);
        for (Descriptor end : ours)
            if (end != null) end.close();
        return new EpollChild(poller, error, culprit);
    }

    // ---- The standard streams

    private void connect(int stream, Redirect redirect) {
        if (error < 0) return;
        switch (redirect) {
            case Redirect.Fixed fixed -> {
                switch (fixed) {
                    case INHERIT -> { }
                    case PIPE -> makePipe(stream);
                    case DEVNULL -> give(stream, open("/dev/null", SystemCalls.O_RDWR));
                    case STDOUT -> sources[stream] = 1;
                }
            }
            case Redirect.File(Path path, Redirect.File.Use use) ->
                give(stream, open(path.toString(), flags(use)));
            case Redirect.Numbered(int fd) -> {
                checkOpen(fd);
                sources[stream] = fd == stream ? fd : above(fd);
            }
        }
    }

    private static int flags(Redirect.File.Use use) {
        return switch (use) {
            case READ -> SystemCalls.O_RDONLY;
            case WRITE ->
                SystemCalls.O_WRONLY | SystemCalls.O_CREAT | SystemCalls.O_TRUNC;
            case APPEND ->
                SystemCalls.O_WRONLY | SystemCalls.O_CREAT | SystemCalls.O_APPEND;
        };
    }

    private int open(String path, int flags) {
        int fd = poller.openFile(path, flags | SystemCalls.O_NOCTTY);
        if (fd < 0) fail(path, fd);
        return fd;
    }

    private void makePipe(int stream) {
        MemorySegment ends = arena.allocate(2 * Integer.BYTES, Integer.BYTES);
        int result = calls.pipe2(ends, SystemCalls.O_NONBLOCK | SystemCalls.O_CLOEXEC);
        if (result < 0) {
            fail("a pipe", result);
            return;
        }
        boolean isInput = stream == 0;
        ours[stream] = poller.foreign().pipeEnd(ends.get(JAVA_INT, isInput ? 4 : 0));
        give(stream, ends.get(JAVA_INT, isInput ? 0 : 4));
    }

    /// `fd`, which was opened for the child, becomes that stream of it.
    private void give(int stream, int fd) {
        if (fd < 0) return;
        theirs.add(fd);
        int flags = calls.fcntl(fd, SystemCalls.F_GETFL, 0);
        int result = flags < 0 ? flags : calls.fcntl(
                fd, SystemCalls.F_SETFL, flags & ~SystemCalls.O_NONBLOCK);
        if (result < 0) fail(program, result);
        sources[stream] = above(fd);
    }

    private int above(int fd) {
        if (fd >= FIRST_NUMBER) return fd;
        int copy = calls.fcntl(fd, SystemCalls.F_DUPFD_CLOEXEC, FIRST_NUMBER);
        if (copy < 0) fail(program, copy);
        else theirs.add(copy);
        return copy;
    }

    private void checkOpen(int fd) {
        int result = calls.fcntl(fd, F_GETFD, 0);
        if (result < 0) fail("descriptor " + fd, result);
    }

    private void fail(String what, int result) {
        if (error < 0) return;
        culprit = what;
        error = result;
    }

    // ---- The child

    /// Its process id, or 0 with an error.
    private long spawn() {
        MemorySegment actions = arena.allocate(OPAQUE_BYTES, Long.BYTES);
        MemorySegment attributes = arena.allocate(OPAQUE_BYTES, Long.BYTES);
        set(SpawnSetting.ACTIONS_INIT, actions, 0, 0);
        set(SpawnSetting.ATTRIBUTES_INIT, attributes, 0, 0);
        arrange(actions);
        describe(attributes);
        long pid = error < 0 ? 0 : execute(actions, attributes);
        calls.spawnSetting(SpawnSetting.ATTRIBUTES_DESTROY, attributes, 0, 0);
        calls.spawnSetting(SpawnSetting.ACTIONS_DESTROY, actions, 0, 0);
        return pid;
    }

    private void set(SpawnSetting setting, MemorySegment of, long a, long b) {
        if (error == 0) fail(program, calls.spawnSetting(setting, of, a, b));
    }

    private void arrange(MemorySegment actions) {
        for (int stream = 0; stream < sources.length; stream++)
            if (sources[stream] >= 0) set(SpawnSetting.DUP2, actions, sources[stream], stream);
        int next = FIRST_NUMBER;
        for (int fd : new TreeSet<>(request.passedDescriptors()).tailSet(FIRST_NUMBER)) {
            while (next < fd) set(SpawnSetting.CLOSE, actions, next++, 0);
            set(SpawnSetting.DUP2, actions, fd, fd);        // which ends its close-on-exec
            next++;
        }
        closeFrom(actions, next);
        Path directory = request.directory();
        if (directory != null)
            set(SpawnSetting.CHDIR, actions, string(directory.toString()).address(), 0);
    }

    private void closeFrom(MemorySegment actions, int first) {
        if (error < 0) return;
        int result = calls.spawnSetting(SpawnSetting.CLOSE_FROM, actions, first, 0);
        if (result == -Errno.ENOSYS) closeEach(actions, first);     // glibc before 2.34, musl
        else fail(program, result);
    }

    private void closeEach(MemorySegment actions, int first) {
        String[] open = new File("/proc/self/fd").list();
        if (open == null) fail("/proc/self/fd", -Errno.ENOENT);
        else for (String name : open)
            if (Integer.parseInt(name) >= first)
                set(SpawnSetting.CLOSE, actions, Integer.parseInt(name), 0);
    }

    private void describe(MemorySegment attributes) {
        Integer group = request.processGroup();
        int flags = SystemCalls.POSIX_SPAWN_SETSIGMASK | SystemCalls.POSIX_SPAWN_SETSIGDEF
                | (request.newSession() ? SystemCalls.POSIX_SPAWN_SETSID : 0)
                | (group != null ? SystemCalls.POSIX_SPAWN_SETPGROUP : 0);
        set(SpawnSetting.FLAGS, attributes, flags, 0);
        if (group != null) set(SpawnSetting.GROUP, attributes, group, 0);
        MemorySegment signals = arena.allocate(SIGSET_BYTES, Long.BYTES);
        set(SpawnSetting.SIGNAL_MASK, attributes, signals.address(), 0);
        signals.set(JAVA_LONG, 0, SIGPIPE_AND_SIGXFSZ);
        set(SpawnSetting.DEFAULT_SIGNALS, attributes, signals.address(), 0);
    }

    private long execute(MemorySegment actions, MemorySegment attributes) {
        MemorySegment pid = arena.allocate(JAVA_INT);
        MemorySegment arguments = strings(request.command());
        long environment = environment();
        int first = -Errno.ENOENT;
        for (String path : candidates()) {
            int result = calls.posixSpawn(
                    pid, string(path), actions, attributes, arguments, environment);
            if (result == 0) return pid.get(JAVA_INT, 0);
            if (first == -Errno.ENOENT && result != -Errno.ENOTDIR) first = result;
            if (result == -Errno.EAGAIN || result == -Errno.ENOMEM) break;  // of the system
        }
        fail(isDirectoryAtFault() ? String.valueOf(request.directory()) : program, first);
        return 0;
    }

    // The C library does not say which of its steps has failed.
    private boolean isDirectoryAtFault() {
        Path directory = request.directory();
        return directory != null
                && !(Files.isDirectory(directory) && Files.isExecutable(directory));
    }

    // Python: os.get_exec_path, _posixsubprocess.child_exec
    private List<String> candidates() {
        if (program.indexOf('/') >= 0) return List.of(program);
        Map<String, String> variables = request.environment();
        String folders = Objects.requireNonNullElse(
                (variables == null ? System.getenv() : variables).get("PATH"), USUAL_PATH);
        List<String> found = new ArrayList<>();
        for (String folder : folders.split(":", -1)) {
            String path = folder.isEmpty() ? "./" + program : folder + "/" + program;
            if (file(path).exists()) found.add(path);
        }
        return found;
    }

    private File file(String path) {
        Path directory = request.directory();
        return directory == null ? new File(path) : directory.resolve(path).toFile();
    }

    private long environment() {
        Map<String, String> variables = request.environment();
        if (variables == null) return 0;
        List<String> lines = new ArrayList<>();
        variables.forEach((name, value) -> lines.add(name + "=" + value));
        return strings(lines).address();
    }

    /// An array of pointers that ends with one that is null.
    private MemorySegment strings(List<String> all) {
        MemorySegment array = arena.allocate((all.size() + 1L) * Long.BYTES, Long.BYTES);
        for (int i = 0; i < all.size(); i++)
            array.setAtIndex(JAVA_LONG, i, string(all.get(i)).address());
        return array;
    }

    private MemorySegment string(String text) {
        byte[] bytes = EpollPoller.bytes(text);
        MemorySegment memory = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
        return memory;
    }
}

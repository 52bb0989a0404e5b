package jloop.kernel;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.SelectableChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import jloop.poller.Child;
import jloop.poller.Redirect.Fixed;
import jloop.poller.Redirect.Numbered;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// A child process of a [NioPoller].
final class NioChild extends Child {

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    private static final String ELSEWHERE =
            ": that is for the poller epoll, Linux with native access";

    private final NioPoller poller;
    private final String culprit;
    private final int error;
    private final @Nullable JavaChild child;        // null: it could not be started
    private volatile int status;                    // a thread of the JDK sets, before it tells
    private boolean isOver;
    private @Nullable Runnable ended;

    /// **Errors**: UnsupportedOperationException for what java.lang.Process cannot do.
    NioChild(NioPoller poller, SpawnRequest request) {
        this.poller = poller;
        ProcessBuilder builder = builder(request);
        JavaChild started = null;
        String failed = "";
        int failure = 0;
        try {
            started = new JavaChild(builder, this::exited);
            for (int i = 0; i < ends.length; i++) {
                SelectableChannel end = started.end(i);
                if (end != null) ends[i] = poller.adopt(end);
            }
        } catch (IOException e) {
            failed = culprit(e, request);
            failure = -JavaChild.errno(e);
        }
        child = started;
        culprit = failed;
        error = failure;
    }

    // ---- what is asked -------------------------------------------------------------------------

    private static ProcessBuilder builder(SpawnRequest request) {
        refuse(request.newSession(), "a new session");
        refuse(request.processGroup() != null, "a process group");
        refuse(!request.passedDescriptors().isEmpty(), "passed descriptors");
        ProcessBuilder builder = new ProcessBuilder(command(request));
        Map<String, String> variables = request.environment();
        if (variables != null) {
            builder.environment().clear();
            builder.environment().putAll(variables);
        }
        Path directory = request.directory();
        if (directory != null) builder.directory(directory.toFile());
        builder.redirectInput(input(request.stdin()));
        builder.redirectOutput(output("stdout", request.stdout()));
        if (request.stderr() == jloop.poller.Redirect.STDOUT) builder.redirectErrorStream(true);
        else builder.redirectError(output("stderr", request.stderr()));
        return builder;
    }

    private static void refuse(boolean isAsked, String what) {
        if (isAsked)
            throw new UnsupportedOperationException(
                    "java.nio starts children without " + what + ELSEWHERE);
    }

    /// The JDK looks for a program in the PATH of this process. If the child is to have another
    /// one, it is looked for here, and so has its whole path for its name.
    private static List<String> command(SpawnRequest request) {
        Map<String, String> variables = request.environment();
        String path = variables == null ? null : variables.get("PATH");
        String program = request.command().getFirst();
        if (path == null || path.equals(System.getenv("PATH")) || !Path.of(program).equals(
                Path.of(program).getFileName())) return request.command();
        List<String> command = new ArrayList<>(request.command());
        for (String folder : path.split(File.pathSeparator, -1)) {
            Path file = Path.of(folder, program);
            command.set(0, file.toString());
            if (Files.isRegularFile(file) && Files.isExecutable(file)) break;
        }
        return command;
    }

    private static Redirect input(jloop.poller.Redirect asked) {
        return switch (asked) {
            case Fixed.PIPE -> Redirect.PIPE;
            case Fixed.INHERIT -> Redirect.INHERIT;
            case Fixed fixed -> Redirect.from(Redirect.DISCARD.file());
            case jloop.poller.Redirect.File(Path path, var _) -> Redirect.from(path.toFile());
            case Numbered(int fd) -> throw numbered("stdin", fd);
        };
    }

    private static Redirect output(String stream, jloop.poller.Redirect asked) {
        return switch (asked) {
            case Fixed.PIPE -> Redirect.PIPE;
            case Fixed.INHERIT -> Redirect.INHERIT;
            case Fixed fixed -> Redirect.DISCARD;
            case jloop.poller.Redirect.File(Path path, var use) -> switch (use) {
                case APPEND -> Redirect.appendTo(path.toFile());
                case READ, WRITE -> Redirect.to(path.toFile());
            };
            case Numbered(int fd) -> throw numbered(stream, fd);
        };
    }

    private static UnsupportedOperationException numbered(String stream, int fd) {
        return new UnsupportedOperationException(
                "java.nio does not know fd " + fd + ", which was to be " + stream + ELSEWHERE);
    }

    /// What an error is about: a file that java.io could not open has its name in front.
    private static String culprit(IOException e, SpawnRequest request) {
        Path directory = request.directory();
        if (e.getCause() instanceof FileNotFoundException unopened)
            return String.valueOf(unopened.getMessage()).replaceFirst(" \\([^()]*\\)$", "");
        return directory != null && !Files.isDirectory(directory)
                ? directory.toString() : request.command().getFirst();
    }

    // ---- what has become of it -----------------------------------------------------------------

    @Override
    public int error() {
        return error;
    }

    @Override
    public String culprit() {
        return culprit;
    }

    private JavaChild started() {
        return Objects.requireNonNull(child, "it could not be started");
    }

    @Override
    public long pid() {
        return started().pid();
    }

    /// On a thread of the JDK.
    private void exited(int returnCode) {
        status = returnCode;
        poller.exited(this);
        poller.wake();
    }

    /// Called by the poller within a poll: the child has ended.
    void deliver() {
        isOver = true;
        if (ended != null) ended.run();
    }

    /// If it has ended and that was told when nobody watched, it is told again.
    @Override
    public void watch(Runnable ended) {
        this.ended = ended;
        if (isOver) poller.exited(this);
    }

    /// **Unlike epoll**: if somebody else has reaped it, the JDK says 0.
    @Override
    public int reap() {
        return status;
    }

    @Override
    public int signal(int number) {
        if (number != SIGTERM && number != SIGKILL)
            throw new UnsupportedOperationException("java.lang.Process sends SIGTERM and SIGKILL,"
                    + " not signal " + number + ELSEWHERE);
        started().destroy(number == SIGKILL);
        return 0;
    }

    @Override
    public int signalGroup(int number) {
        throw new UnsupportedOperationException(
                "java.nio starts children without a process group" + ELSEWHERE);
    }

    @Override
    public boolean close() {
        ended = null;
        boolean ran = started().isAlive();
        started().destroy(true);
        started().awaitEnd();
        return ran;
    }
}

package jloop.io;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.jspecify.annotations.Nullable;

/// How a child process is started, and how it is ended.
///
/// `stdin`, `stdout`, `stderr`: what its standard streams are. `env`: all its variables, null
/// for those of this process. `cwd`: where it starts, null for where this process is.
/// `newSession`: whether it is the leader of a new session. `processGroup`: the one that it
/// joins, 0 for a new one, null for ours. `passedDescriptors`: those it has beside its standard
/// streams. `groupSignals`: whether signals are for all of its group. `grace`: how long
/// [Subprocess#close()] waits before it kills. `limitBytes`: of lines and the like that are
/// read from it, see [StreamReader].
///
/// Sessions, groups and passed descriptors are for the poller epoll: Linux, with native access.
public record SubprocessOptions(
        Redirect stdin, Redirect stdout, Redirect stderr,
        @Nullable Map<String, String> env, @Nullable Path cwd,
        boolean newSession, @Nullable Integer processGroup, List<Integer> passedDescriptors,
        boolean groupSignals, Duration grace, int limitBytes) {

    /// Everything as it is in this process: what streams start from.
    public static final SubprocessOptions DEFAULT = new SubprocessOptions(
            Redirect.INHERIT, Redirect.INHERIT, Redirect.INHERIT, null, null,
            false, null, List.of(), false, Duration.ofSeconds(5), StreamReader.DEFAULT_LIMIT);

    /// With a pipe for each standard stream: what protocols start from.
    public static final SubprocessOptions PIPES = DEFAULT.withStdin(Redirect.PIPE)
            .withStdout(Redirect.PIPE).withStderr(Redirect.PIPE);

    /// **Errors**: IllegalArgumentException if the grace is negative.
    public SubprocessOptions {
        env = env == null ? null : Map.copyOf(env);
        passedDescriptors = List.copyOf(passedDescriptors);
        if (grace.isNegative())
            throw new IllegalArgumentException("the grace must not be negative, but is " + grace);
        StreamReader.checkLimit(limitBytes);
    }

    public SubprocessOptions withStdin(Redirect from) {
        return new SubprocessOptions(from, stdout, stderr, env, cwd, newSession, processGroup,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    public SubprocessOptions withStdout(Redirect to) {
        return new SubprocessOptions(stdin, to, stderr, env, cwd, newSession, processGroup,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    /// [Redirect#STDOUT] has it go where the standard output goes.
    public SubprocessOptions withStderr(Redirect to) {
        return new SubprocessOptions(stdin, stdout, to, env, cwd, newSession, processGroup,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    /// The child has these variables and no others; its program is looked for in their PATH.
    public SubprocessOptions withEnv(Map<String, String> variables) {
        return new SubprocessOptions(stdin, stdout, stderr,
                Objects.requireNonNull(variables, "variables"), cwd, newSession, processGroup,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    /// A relative program is looked for from there too.
    public SubprocessOptions withCwd(Path directory) {
        return new SubprocessOptions(stdin, stdout, stderr, env,
                Objects.requireNonNull(directory, "directory"), newSession, processGroup,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    /// A new session has no terminal, so Ctrl-C there does not reach the child, and is a new
    /// process group too.
    ///
    /// **As in asyncio**: `start_new_session`.
    public SubprocessOptions withNewSession(boolean leads) {
        return new SubprocessOptions(stdin, stdout, stderr, env, cwd, leads, processGroup,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    /// **As in asyncio**: `process_group`.
    public SubprocessOptions withProcessGroup(@Nullable Integer group) {
        return new SubprocessOptions(stdin, stdout, stderr, env, cwd, newSession, group,
                passedDescriptors, groupSignals, grace, limitBytes);
    }

    /// The child has these under the same numbers. They stay open here.
    ///
    /// **As in asyncio**: `pass_fds`.
    public SubprocessOptions withPassedDescriptors(int... numbers) {
        return new SubprocessOptions(stdin, stdout, stderr, env, cwd, newSession, processGroup,
                IntStream.of(numbers).boxed().toList(), groupSignals, grace, limitBytes);
    }

    /// Has signals sent to all processes of the child's group, which must be its own:
    /// [#withNewSession] or [#withProcessGroup] of 0. What is left of the group when the child
    /// has ended is killed.
    public SubprocessOptions withGroupSignals(boolean forAll) {
        return new SubprocessOptions(stdin, stdout, stderr, env, cwd, newSession, processGroup,
                passedDescriptors, forAll, grace, limitBytes);
    }

    /// Zero kills at once.
    public SubprocessOptions withGrace(Duration duration) {
        return new SubprocessOptions(stdin, stdout, stderr, env, cwd, newSession, processGroup,
                passedDescriptors, groupSignals, duration, limitBytes);
    }

    public SubprocessOptions withLimit(int bytes) {
        return new SubprocessOptions(stdin, stdout, stderr, env, cwd, newSession, processGroup,
                passedDescriptors, groupSignals, grace, bytes);
    }

    SpawnRequest request(List<String> command) {
        return new SpawnRequest(command, env, cwd, stdin, stdout, stderr, newSession,
                processGroup, passedDescriptors);
    }
}

package jloop.poller;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a [Poller] is to start as a child process.
///
/// `command`: the program and its arguments. A program without a `/` is looked for in the PATH
/// of `environment`. `environment`: all variables of the child, null for those of this process.
/// `directory`: where it starts, null for where this process is; a relative program is found
/// from there. `newSession`: it is the leader of a new session, and so of a new process group.
/// `processGroup`: the group that it joins, 0 for a new one with itself as the leader, null for
/// that of this process. `passedDescriptors`: the numbers from 3 on that are open in the child
/// too, and no others are.
public record SpawnRequest(
        List<String> command,
        @Nullable Map<String, String> environment,
        @Nullable Path directory,
        Redirect stdin,
        Redirect stdout,
        Redirect stderr,
        boolean newSession,
        @Nullable Integer processGroup,
        List<Integer> passedDescriptors) {

    /// **Errors**: IllegalArgumentException for what no system can do.
    public SpawnRequest {
        command = List.copyOf(command);
        environment = environment == null ? null : Map.copyOf(environment);
        passedDescriptors = List.copyOf(passedDescriptors);
        if (command.isEmpty() || command.getFirst().isEmpty())
            throw new IllegalArgumentException("a program was expected, not " + command);
        for (String word : command) rejectNul(word);
        if (environment != null) environment.forEach(SpawnRequest::checkVariable);
        if (stdin == Redirect.STDOUT || stdout == Redirect.STDOUT)
            throw new IllegalArgumentException("only stderr can be the same as stdout");
        if (stdin instanceof Redirect.File file && file.use() != Redirect.File.Use.READ
                || isRead(stdout) || isRead(stderr))
            throw new IllegalArgumentException("stdin reads from a file, stdout and stderr write"
                    + " to one: " + stdin + ", " + stdout + ", " + stderr);
        if (newSession && processGroup != null)
            throw new IllegalArgumentException("a new session is in a process group of its own:"
                    + " process group " + processGroup + " is one too many");
        if (processGroup != null && processGroup < 0)
            throw new IllegalArgumentException(
                    "a process group is at least 0, not " + processGroup);
        for (int fd : passedDescriptors) new Redirect.Numbered(fd);
    }

    private static boolean isRead(Redirect output) {
        return output instanceof Redirect.File file && file.use() == Redirect.File.Use.READ;
    }

    private static void checkVariable(String name, String value) {
        rejectNul(name);
        rejectNul(value);
        if (name.isEmpty() || name.indexOf('=') >= 0)
            throw new IllegalArgumentException(
                    "the name of a variable is not empty and has no =: \"" + name + "\"");
    }

    private static void rejectNul(String word) {
        if (word.indexOf('\0') >= 0)
            throw new IllegalArgumentException("a NUL within \"" + word + "\"");
    }

    /// Whether the child leads a process group, as [Child#signalGroup(int)] needs.
    public boolean leadsGroup() {
        return newSession || processGroup != null && processGroup == 0;
    }
}

package jloop;

import java.util.List;
import java.util.Objects;

/// What both classes of groups are made of.
final class GroupMembers {

    private GroupMembers() { }

    /// A copy of `exceptions`, each of which the stack trace of `group` shows from now on.
    static List<Throwable> of(Throwable group, List<? extends Throwable> exceptions) {
        List<Throwable> members = List.copyOf(exceptions);
        if (members.isEmpty())
            throw new IllegalArgumentException("a group has at least one exception, found none");
        for (Throwable each : members) group.addSuppressed(each);
        return members;
    }

    /// The text of `getMessage`.
    static String text(String message, List<?> exceptions) {
        Objects.requireNonNull(message, "message");
        return message + " (" + exceptions.size() + " sub-exception"
                + (exceptions.size() == 1 ? "" : "s") + ")";
    }
}

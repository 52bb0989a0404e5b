package jloop;

import org.jspecify.annotations.Nullable;

/// How a task is made. `name` is null for the next of Task-1, Task-2, ...; `context` for a copy
/// of the creator's.
public record TaskOptions(
        @Nullable String name,
        @Nullable Context context) {

    public static final TaskOptions DEFAULT = new TaskOptions(null, null);

    public TaskOptions withName(String wanted) {
        return new TaskOptions(wanted, context);
    }

    /// The task runs in `wanted`, the very object, which it shares with whoever else has it.
    public TaskOptions withContext(Context wanted) {
        return new TaskOptions(name, wanted);
    }
}

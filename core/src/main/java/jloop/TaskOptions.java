package jloop;

import org.jspecify.annotations.Nullable;

/// How a task is made. `name` is null for the next of Task-1, Task-2, ...; `context` for a copy
/// of the creator's; `eagerStart` for what the task factory does if it is not told.
public record TaskOptions(
        @Nullable String name,
        @Nullable Context context,
        @Nullable Boolean eagerStart) {

    public static final TaskOptions DEFAULT = new TaskOptions(null, null, null);

    public TaskOptions withName(String wanted) {
        return new TaskOptions(wanted, context, eagerStart);
    }

    /// The task runs in `wanted`, the very object, which it shares with whoever else has it.
    public TaskOptions withContext(Context wanted) {
        return new TaskOptions(name, wanted, eagerStart);
    }

    /// True has the task begin at once, inside of createTask: see [Asyncio#eagerTaskFactory()].
    /// False leaves its first step to the next turn, whatever the task factory.
    public TaskOptions withEagerStart(boolean wanted) {
        return new TaskOptions(name, context, wanted);
    }
}

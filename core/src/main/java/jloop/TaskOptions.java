package jloop;

import org.jspecify.annotations.Nullable;

/// How a task is made. `name` is null for the next of Task-1, Task-2, ...
public record TaskOptions(@Nullable String name) {

    public static final TaskOptions DEFAULT = new TaskOptions(null);

    public TaskOptions withName(String wanted) {
        return new TaskOptions(wanted);
    }
}

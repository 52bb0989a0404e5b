package jloop;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How [Asyncio#wait] waits. `timeout` is null for as long as it takes.
public record WaitOptions(@Nullable Duration timeout, ReturnWhen returnWhen) {

    public static final WaitOptions DEFAULT = new WaitOptions(null, ReturnWhen.ALL_COMPLETED);

    public WaitOptions {
        Objects.requireNonNull(returnWhen, "returnWhen");
    }

    public WaitOptions withTimeout(@Nullable Duration wanted) {
        return new WaitOptions(wanted, returnWhen);
    }

    public WaitOptions withReturnWhen(ReturnWhen wanted) {
        return new WaitOptions(timeout, wanted);
    }
}

package jloop;

import org.jspecify.annotations.Nullable;

/// The two ends of a new channel, through which coroutines hand items to each other, in order.
///
/// Unlike a [Queue] it ends: when all senders are closed, the receivers come to its end; when
/// all receivers are, sending fails. Who waits first is served first. An item is received by
/// exactly one receiver, and a send or receive that is cancelled has not happened.
///
/// ```java
/// var channel = MemoryChannel.<String>open(10);
/// createTask(() -> {
///     try (var sender = channel.sender()) {
///         for (var line : lines) sender.send(line);
///     }
/// });
/// for (String line : channel.receiver()) IO.println(line);
/// ```
///
/// **Unlike asyncio**, which has none: these are trio's memory channels.
public record MemoryChannel<T extends @Nullable Object>(
        SendChannel<T> sender, ReceiveChannel<T> receiver) {

    /// A channel whose buffer has room for `capacity` items. With 0 it has none, and each send
    /// waits for its receiver. Integer.MAX_VALUE is as good as no limit.
    ///
    /// **Errors**: IllegalArgumentException if negative.
    public static <T extends @Nullable Object> MemoryChannel<T> open(int capacity) {
        if (capacity < 0)
            throw new IllegalArgumentException("the capacity of a channel is at least 0, not "
                    + capacity);
        ChannelState<T> state = new ChannelState<>(capacity);
        return new MemoryChannel<>(new SendChannel<>(state), new ReceiveChannel<>(state));
    }
}

package jloop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A future whose text is being made, and the one in whose text it stands.
///
/// A result or a callback may lead back to its own future: there the text breaks off.
record FutureText(Future<?> future, @Nullable FutureText around) {

    private static final ScopedValue<FutureText> UNDER_WAY = ScopedValue.newInstance();
    private static final int LENGTH_MAX = 80;

    /// The text of `future`. Any thread, which may see a state a moment old.
    static String of(Future<?> future) {
        FutureText outer = UNDER_WAY.isBound() ? UNDER_WAY.get() : null;
        for (FutureText text = outer; text != null; text = text.around) {
            if (text.future == future) return "<" + future.getClass().getSimpleName() + " ...>";
        }
        return ScopedValue.where(UNDER_WAY, new FutureText(future, outer))
                .call(future::describe);
    }

    /// What a task waits for, and not what that waits for.
    static String brief(Object awaited) {
        String kind = awaited.getClass().getSimpleName();
        if (!(awaited instanceof Future<?> future)) return "<" + kind + ">";
        return "<" + kind + " " + future.stateText()
                + (future instanceof Task<?> task ? " name=" + task.getName() : "") + ">";
    }

    static String shortened(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= LENGTH_MAX ? text : text.substring(0, LENGTH_MAX - 3) + "...";
    }

    /// As asyncio: all of them up to two, else the first and the last.
    static String callbacks(@Nullable Object listeners) {
        if (listeners == null) return "";
        Object[] all = listeners instanceof List<?> list ? list.toArray()
                : new Object[] {listeners};
        return switch (all.length) {
            case 0 -> "";
            case 1 -> " cb=[" + name(all[0]) + "]";
            case 2 -> " cb=[" + name(all[0]) + ", " + name(all[1]) + "]";
            default -> " cb=[" + name(all[0]) + ", <" + (all.length - 2) + " more>, "
                    + name(all[all.length - 1]) + "]";
        };
    }

    private static String name(@Nullable Object listener) {
        if (listener == null) return "";        // gone while another thread looks
        if (!(listener instanceof Strand strand)) return Naming.of(listener);
        Task<?> task = strand.task();
        return task == null ? "wakes a callback" : "wakes " + task.getName();
    }
}

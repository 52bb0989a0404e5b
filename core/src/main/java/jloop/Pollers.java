package jloop;

import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.util.Locale;
import jloop.kernel.EpollPoller;
import jloop.kernel.NioPoller;
import jloop.kernel.RingProbe;
import jloop.kernel.UringPoller;
import jloop.poller.Poller;
import org.jspecify.annotations.Nullable;

/// Chooses the pollers of new loops.
final class Pollers {

    private Pollers() { }

    /// A poller, and which one it is and why, as [EventLoop#pollerChoice()] says it.
    record Choice(Poller poller, String text) { }

    static Choice given(Poller poller) {
        return new Choice(poller, poller.getClass().getSimpleName() + " (given)");
    }

    static Choice choose(PollerKind asked) {
        Choice choice = asked == PollerKind.AUTO ? byProperty() : make(asked, "asked for");
        if (Boolean.getBoolean("jloop.explain")) log(Logger.Level.INFO, "poller: " + choice.text);
        return choice;
    }

    private static Choice byProperty() {
        String name = System.getProperty("jloop.poller", "auto");
        return switch (name) {
            case "auto", "epoll", "uring", "nio" -> make(
                    PollerKind.valueOf(name.toUpperCase(Locale.ROOT)), "by -Djloop.poller");
            default -> throw new IllegalArgumentException(
                    "jloop.poller must be auto, epoll, uring or nio, not " + name);
        };
    }

    /// What is best where nobody has a wish: docs/design/0031-choice-of-poller.md. Says nothing
    /// of a ring that is refused.
    private static Choice auto() {
        String obstacle = Obstacle.TEXT;
        return obstacle == null ? make(PollerKind.EPOLL, "auto: measured to be the best")
                : make(PollerKind.NIO, "auto: " + obstacle);
    }

    private static Choice make(PollerKind kind, String why) {
        return switch (kind) {
            case AUTO -> auto();
            case EPOLL -> new Choice(new EpollPoller(), "epoll (" + why + ")");
            case NIO -> new Choice(new NioPoller(), "nio (" + why + ")");
            case URING -> NoRing.REASON == null ? uring(why) : instead(NoRing.REASON);
        };
    }

    private static Choice uring(String why) {
        try {
            return new Choice(new UringPoller(), "uring (" + why + ")");
        } catch (UncheckedIOException e) {      // one more, with all that it needs, is too much
            String reason = RingProbe.text(e);
            warn(reason);
            return instead(reason);
        }
    }

    private static Choice instead(String reason) {
        return make(isLinux() ? PollerKind.EPOLL : PollerKind.NIO, "no uring: " + reason);
    }

    private static void warn(String reason) {
        log(Logger.Level.WARNING, "poller uring cannot be had, sockets go through "
                + (isLinux() ? "epoll" : "java.nio") + ": " + reason);
    }

    private static boolean isLinux() {
        return osName().toLowerCase(Locale.ROOT).contains("linux");
    }

    private static String osName() {
        return System.getProperty("os.name", "");
    }

    private static void log(Logger.Level level, String line) {
        System.getLogger("jloop").log(level, line);
    }

    /// What is in the way of the pollers of Linux, found out and told once.
    private static final class Obstacle {

        static final @Nullable String TEXT = find();

        private static @Nullable String find() {
            if (!isLinux()) return osName() + " has no epoll";
            Module module = Pollers.class.getModule();
            if (module.isNativeAccessEnabled()) return null;
            String option = "start java with --enable-native-access="
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
            log(Logger.Level.INFO, "sockets go through java.nio: for epoll " + option
                    + " (./jloop run does)");
            return "no native access, " + option;
        }
    }

    /// What is in the way of io_uring, found out and told once if somebody asks for it.
    private static final class NoRing {

        static final @Nullable String REASON = find();

        private static @Nullable String find() {
            String reason = isLinux() ? RingProbe.refusal() : osName() + " has no io_uring";
            if (reason != null) warn(reason);
            return reason;
        }
    }
}

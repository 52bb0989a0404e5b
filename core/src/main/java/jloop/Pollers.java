package jloop;

import java.lang.System.Logger;
import java.util.Locale;
import jloop.kernel.EpollPoller;
import jloop.kernel.NioPoller;
import jloop.poller.Poller;

/// Chooses the poller of a new loop: epoll where there is Linux and native access, else
/// java.nio; or what the system property `jloop.poller` names.
final class Pollers {

    private Pollers() { }

    static Poller best() {
        String wanted = System.getProperty("jloop.poller");
        if (wanted == null) return isEpollUsable() ? new EpollPoller() : new NioPoller();
        return switch (wanted) {
            case "epoll" -> new EpollPoller();
            case "nio" -> new NioPoller();
            default -> throw new IllegalArgumentException(
                    "jloop.poller must be epoll or nio, not " + wanted);
        };
    }

    private static boolean isEpollUsable() {
        return Choice.EPOLL;
    }

    private static final class Choice {

        static final boolean EPOLL = choose();

        private static boolean choose() {
            String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
            if (!os.contains("linux")) return false;
            Module module = Pollers.class.getModule();
            if (module.isNativeAccessEnabled()) return true;
            System.getLogger("jloop").log(Logger.Level.INFO,
                    "sockets go through java.nio: for epoll start java with "
                    + "--enable-native-access="
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED")
                    + " (./jloop run does)");
            return false;
        }
    }
}

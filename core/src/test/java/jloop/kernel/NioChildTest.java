package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import jloop.poller.Child;
import jloop.poller.Poller;
import jloop.poller.Redirect;
import jloop.poller.SpawnRequest;
import org.junit.jupiter.api.Test;

/// What is particular to the children of the poller over java.nio.
class NioChildTest implements ChildContract {

    @Override
    public Poller newPoller() {
        return new NioPoller();
    }

    private static SpawnRequest asked(Redirect in, boolean newSession, Integer group,
            List<Integer> passed) {
        return new SpawnRequest(List.of("true"), null, null, in, Redirect.INHERIT,
                Redirect.INHERIT, newSession, group, passed);
    }

    private static void assertRefused(SpawnRequest request, String what) {
        try (Poller poller = new NioPoller()) {
            assertThatThrownBy(() -> poller.spawn(request))
                    .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining(what);
        }
    }

    @Test
    void spawn_ofWhatTheJdkCannotDo_isRefusedByName() {
        assertRefused(asked(Redirect.DEVNULL, true, null, List.of()), "a new session");
        assertRefused(asked(Redirect.DEVNULL, false, 0, List.of()), "a process group");
        assertRefused(asked(Redirect.DEVNULL, false, null, List.of(7)), "passed descriptors");
        assertRefused(asked(Redirect.ofDescriptor(7), false, null, List.of()), "fd 7");
    }

    @Test
    void signal_thatTheJdkCannotSend_isRefusedByNumber() {
        try (Poller poller = new NioPoller()) {
            Child child = poller.spawn(ChildContract.sh("exec sleep 1000"));
            assertThatThrownBy(() -> child.signal(2))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("not signal 2");
            assertThatThrownBy(() -> child.signalGroup(15))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("group");
            child.close();
        }
    }

    /// The threads that move the bytes end with the child.
    @Test
    void pumps_endWithTheChild() {
        try (Poller poller = new NioPoller()) {
            Child child = poller.spawn(
                    ChildContract.request(Redirect.PIPE, Redirect.PIPE, "cat"));
            assertThat(pumps(child)).isEqualTo(2);
            child.close();
            ChildContract.await(poller, () -> pumps(child) == 0);
        }
    }

    private static long pumps(Child child) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("jloop-.*-" + child.pid())).count();
    }
}

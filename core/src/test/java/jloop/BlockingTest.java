package jloop;

import static jloop.Asyncio.blocking;
import static jloop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// [Asyncio#blocking], in real time.
class BlockingTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();

    @Test
    void blocking_isCarriedOutElsewhereWhileTheLoopGoesOn() {
        CountDownLatch gate = new CountDownLatch(1);
        List<String> names = new ArrayList<>();

        loop.runUntilComplete(() -> {
            Task<Void> opener = createTask(gate::countDown);
            names.add(blocking(() -> {
                gate.await();
                return Thread.currentThread().getName();
            }));
            opener.await();
            blocking(() -> {
                names.add(Thread.currentThread().getName());
            });
        });

        assertThat(names).hasSize(2).allMatch(name -> name.matches("asyncio_[01]"));
    }

    @Test
    void blocking_ofACallThatFails_throwsTheVeryException() {
        IOException failure = new IOException("no");

        assertThatThrownBy(() -> loop.runUntilComplete(() -> {
            blocking(() -> {
                throw failure;
            });
        })).isSameAs(failure);
    }

    @Test
    void blocking_hasTheContextOfItsCaller() {
        ContextVar<String> user = new ContextVar<>("user");

        String found = loop.runUntilComplete(() -> {
            user.set("eve");
            return blocking(() -> user.get());
        });

        assertThat(found).isEqualTo("eve");
    }
}

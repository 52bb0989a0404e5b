package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LifoQueueTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();

    @Test
    @AsIn("test_queues.LifoQueueTests.test_order")
    void get_severalItems_newestFirst() {
        LifoQueue<@Nullable Integer> queue = new LifoQueue<>(3);
        queue.putNowait(1);
        queue.putNowait(3);
        queue.putNowait(null);
        assertThatThrownBy(() -> queue.putNowait(4)).isInstanceOf(QueueFullException.class);
        assertThat(queue).hasToString("<LifoQueue maxsize=3 _queue=[1, 3, null] tasks=3>");
        assertThat(queue.getNowait()).isNull();
        queue.putNowait(2);
        assertThat(queue.getNowait()).isEqualTo(2);
        assertThat(queue.getNowait()).isEqualTo(3);
        assertThat(queue.getNowait()).isEqualTo(1);
        assertThatThrownBy(queue::getNowait).isInstanceOf(QueueEmptyException.class);
    }

    @Test
    void shutdown_immediate_dropsTheItems() {
        loop.runUntilComplete(() -> {
            LifoQueue<Integer> queue = new LifoQueue<>();
            queue.put(1);
            queue.put(2);
            queue.shutdown(true);
            queue.join();
            assertThatThrownBy(queue::get).isInstanceOf(QueueShutDownException.class);
        });
    }
}

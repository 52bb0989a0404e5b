package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PriorityQueueTest {

    private record Job(int priority, int number) { }

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();

    private static <T> List<T> drain(Queue<T> queue) {
        List<T> items = new ArrayList<>();
        while (!queue.empty()) items.add(queue.getNowait());
        return items;
    }

    @Test
    @AsIn("test_queues.PriorityQueueTests.test_order")
    void get_severalItems_smallestFirst() {
        PriorityQueue<Integer> queue = new PriorityQueue<>(3);
        for (int i : new int[] {1, 3, 2}) queue.putNowait(i);
        assertThatThrownBy(() -> queue.putNowait(4)).isInstanceOf(QueueFullException.class);
        assertThat(drain(queue)).containsExactly(1, 2, 3);
        assertThatThrownBy(queue::getNowait).isInstanceOf(QueueEmptyException.class);
    }

    @Test
    void get_itemsOfEqualPriority_oldestFirst() {
        Random random = new Random(7);
        PriorityQueue<Job> queue = new PriorityQueue<>(Comparator.comparingInt(Job::priority));
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            Job job = new Job(random.nextInt(5), i);
            jobs.add(job);
            queue.putNowait(job);
            if (i % 3 == 0) {
                Job first = jobs.stream().min(Comparator.comparingInt(Job::priority)).orElseThrow();
                jobs.remove(first);
                assertThat(queue.getNowait()).isEqualTo(first);
            }
        }
        jobs.sort(Comparator.comparingInt(Job::priority));
        assertThat(drain(queue)).isEqualTo(jobs);
    }

    @Test
    void put_itemWithoutOrder_isRefusedAndChangesNothing() {
        PriorityQueue<Object> queue = new PriorityQueue<>();
        assertThatThrownBy(() -> queue.putNowait(new Object()))
                .isInstanceOf(ClassCastException.class);
        assertThatThrownBy(() -> queue.putNowait(null)).isInstanceOf(NullPointerException.class);
        assertThat(queue).hasToString("<PriorityQueue maxsize=0>");
        queue.putNowait(1);
        assertThatThrownBy(() -> queue.putNowait("a")).isInstanceOf(ClassCastException.class);
        assertThat(queue).hasToString("<PriorityQueue maxsize=0 _queue=[1] tasks=1>");
    }

    @Test
    void heap_comparisonThatFails_losesAndDoublesNothing() {
        int[] left = {Integer.MAX_VALUE};
        Comparator<Integer> failing = (a, b) -> {
            if (left[0]-- == 0) throw new IllegalStateException("the comparison failed");
            return Integer.compare(a, b);
        };
        for (int failAt = 0; failAt < 8; failAt++) {
            for (boolean whenPut : new boolean[] {true, false}) {
                PriorityQueue<Integer> queue = new PriorityQueue<>(failing);
                List<Integer> items = new ArrayList<>();
                for (int i = 40; i > 0; i--) {
                    queue.putNowait(i * 7 % 41);
                    items.add(i * 7 % 41);
                }
                left[0] = failAt;
                try {
                    if (whenPut) {
                        queue.putNowait(0);
                        items.add(0);
                    } else {
                        items.remove(queue.getNowait());
                    }
                } catch (IllegalStateException _) {     // then nothing has changed
                }
                left[0] = Integer.MAX_VALUE;
                items.sort(null);
                assertThat(drain(queue)).as("failed at %d", failAt).isEqualTo(items);
            }
        }
    }

    @Test
    @AsIn("test_queues.test_shutdown_immediate")
    void shutdown_immediate_dropsTheItems() {
        loop.runUntilComplete(() -> {
            PriorityQueue<Integer> queue = new PriorityQueue<>(0, Comparator.reverseOrder());
            queue.put(1);
            queue.put(2);
            assertThat(queue.get()).isEqualTo(2);
            queue.shutdown(true);
            assertThat(queue).hasToString("<PriorityQueue maxsize=0 tasks=1 shutdown>");
        });
    }
}

package jloop;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Lookups under way. Who asks what is asked already waits for the same answer.
final class Lookups<T> {

    interface Source<T> {
        T lookUp(String key) throws IOException;
    }

    private final EventLoop loop;
    private final Source<T> source;
    private final Map<String, Lookup> underWay = new HashMap<>();

    Lookups(EventLoop loop, Source<T> source) {
        this.loop = loop;
        this.source = source;
    }

    /// A lookup is cancelled when the last who waited for it has gone.
    private final class Lookup {

        final Task<T> answer;
        int waiting;

        Lookup(String key) {
            answer = new Task<>(loop, () -> source.lookUp(key),
                    TaskOptions.DEFAULT.withName("lookup of " + key));
        }

        T await() {
            waiting++;
            try {
                Asyncio.wait(List.of(answer));
                return answer.result();
            } finally {
                waiting--;
            }
        }
    }

    T get(String key) {
        Lookup lookup = underWay.computeIfAbsent(key, Lookup::new);
        try {
            return lookup.await();
        } finally {
            if (lookup.waiting == 0) drop(key, lookup.answer);
        }
    }

    private void drop(String key, Task<T> answer) {
        underWay.remove(key);
        // Nobody is left to hear of it, should it fail all the same.
        if (answer.cancel()) answer.addDoneCallback(Future::failureRead);
    }
}

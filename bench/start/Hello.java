/// Waits a millisecond in a coroutine, and says hello: the program whose start is measured.

import module java.base;
import static jloop.Asyncio.*;

void main() {
    run(() -> {
        sleep(Duration.ofMillis(1));
        IO.println("Hello, world!");
    });
}

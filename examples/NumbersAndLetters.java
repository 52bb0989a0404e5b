/// Two coroutines take turns: while one sleeps the other runs.
///
///     ./jloop run examples/NumbersAndLetters.java

import module java.base;
import static jloop.Asyncio.*;

static final Duration PAUSE = Duration.ofMillis(100);

void main() {
    run(() -> gather(this::numbers, this::letters).await());
}

void numbers() {
    for (int number = 1; number <= 5; number++) {
        IO.println(number);
        sleep(PAUSE);
    }
}

void letters() {
    for (char letter = 'a'; letter <= 'e'; letter++) {
        IO.println(letter);
        sleep(PAUSE);
    }
}

/// Tasks that end together: a group, what fails in it, and a task that says when it is ready.
///
///     ./jloop run examples/Harvest.java

import module java.base;
import jloop.*;
import static jloop.Asyncio.*;

void main() {
    run(() -> {
        quietly();
        withFailures();
    });
}

/// Waits for the press, lets the pickers work, and stops the press when they are done.
void quietly() throws ExceptionGroup {
    TaskGroup.open(tg -> {
        String press = tg.start(status -> press(status));
        IO.println(press + " is ready");
        TaskGroup.open(pickers -> {
            pickers.createTask(() -> pick("apples", 300));
            pickers.createTask(() -> pick("pears", 200));
        });
        tg.cancel();
    });
    IO.println("all in, and the press has stopped");
}

/// The first failure cancels the others; what has failed is handled by its class.
void withFailures() throws ExceptionGroup {
    try {
        TaskGroup.open(tg -> {
            tg.createTask(() -> pick("quinces", 5000));
            tg.createTask(() -> {
                sleep(Duration.ofMillis(100));
                throw new IOException("the ladder broke");
            });
        });
    } catch (ExceptionGroup group) {
        group.handle(IOException.class, broken -> {
            for (var each : broken.exceptions()) IO.println("sorry: " + each.getMessage());
        });
    }
}

void press(TaskStatus<String> status) {
    sleep(Duration.ofMillis(50));
    status.started("the press");
    try {
        sleep(Duration.ofHours(1));
    } finally {
        IO.println("the press is cleaned");
    }
}

void pick(String what, int millis) {
    try {
        sleep(Duration.ofMillis(millis));
        IO.println("picked " + what);
    } catch (CancelledError e) {
        IO.println("no " + what + " today");
        throw e;
    }
}

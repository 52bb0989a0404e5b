package jloop.io;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.ReturnWhen;
import jloop.Socket;
import jloop.Task;
import org.jspecify.annotations.Nullable;

/// Attempts to connect, of which each begins when the one before it has failed or has lasted
/// for a while. The first that succeeds ends the others.
///
/// **As in asyncio**: `staggered_race`.
final class StaggeredRace {

    /// A socket that is connected, or null if that has failed.
    interface Attempt {
        @Nullable Socket make();
    }

    private final EventLoop loop;
    private final List<Task<?>> tasks = new ArrayList<>();
    private @Nullable Socket winner;

    private StaggeredRace(EventLoop loop) {
        this.loop = loop;
    }

    /// The socket of the winner, or null if there is none. What an attempt throws is thrown.
    static @Nullable Socket run(EventLoop loop, Duration delay, List<Attempt> attempts) {
        StaggeredRace race = new StaggeredRace(loop);
        boolean complete = false;
        try {
            for (Attempt attempt : attempts) {
                Task<?> latest = race.begin(attempt);
                Asyncio.moveOnAfter(delay, () -> race.awaitEndOf(latest));
                if (race.winner != null) break;
            }
            race.awaitWinner();
            complete = true;
            return race.winner;
        } finally {
            race.endOthers();
            if (!complete && race.winner != null) race.winner.close();
        }
    }

    private Task<?> begin(Attempt attempt) {
        Task<?> task = loop.createTask(() -> {
            Socket socket = attempt.make();
            if (winner == null) winner = socket;
            else if (socket != null) socket.close();
        });
        tasks.add(task);
        return task;
    }

    private void awaitEndOf(Task<?> latest) {
        while (winner == null && !latest.done()) awaitAny();
    }

    private void awaitWinner() {
        while (winner == null && !running().isEmpty()) awaitAny();
        throwFailures();
    }

    private void awaitAny() {
        Asyncio.wait(running(), o -> o.withReturnWhen(ReturnWhen.FIRST_COMPLETED));
        throwFailures();
    }

    private void throwFailures() {
        for (Task<?> task : tasks) {
            if (task.done() && !task.cancelled()) task.result();
        }
    }

    private List<Task<?>> running() {
        List<Task<?>> running = new ArrayList<>(tasks);
        running.removeIf(Task::done);
        return running;
    }

    private void endOthers() {
        List<Task<?>> left = running();
        for (Task<?> task : left) task.cancel();
        if (!left.isEmpty()) Asyncio.shielded(() -> Asyncio.wait(left));
    }
}

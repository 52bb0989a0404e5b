package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EventTest {

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final Event event = new Event();

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private Task<Void> waiter(Object tag) {
        return createTask(() -> {
            event.await();
            trace.add(tag);
        });
    }

    @Test
    @AsIn("test_locks.EventTests.test_repr")
    void toString_showsTheStateAndHowManyWait() {
        assertThat(event).hasToString("<Event [unset]>");
        run(() -> {
            Task<Void> task = waiter(1);
            turn();
            assertThat(event).hasToString("<Event [unset, waiters:1]>");
            event.set();
            assertThat(event).hasToString("<Event [set, waiters:1]>");
            task.await();
            assertThat(event).hasToString("<Event [set]>");
        });
    }

    @Test
    @AsIn("test_locks.EventTests.test_wait")
    void set_wakesAllWhoWait() {
        run(() -> {
            assertThat(event.isSet()).isFalse();
            Task<Void> one = waiter(1);
            Task<Void> two = waiter(2);
            turn();
            assertThat(trace).isEmpty();
            Task<Void> three = waiter(3);
            event.set();
            turn();
            assertThat(trace).containsExactly(3, 1, 2);
            assertThat(List.of(one, two, three)).allMatch(Task::done);
        });
    }

    @Test
    @AsIn("test_locks.EventTests.test_wait_on_set")
    void await_ofASetEvent_returnsAtOnce() {
        event.set();
        run(() -> {
            Task<Void> other = createTask(() -> {
                trace.add("other");
            });
            event.await();
            assertThat(trace).isEmpty();
            other.await();
        });
    }

    @Test
    @AsIn("test_locks.EventTests.test_wait_cancel")
    void cancel_ofAWaiter_takesItOut() {
        run(() -> {
            Task<Void> task = waiter("never");
            loop.callSoon(() -> task.cancel());
            assertThatThrownBy(() -> task.await())
                    .isInstanceOf(CancelledError.class);
            assertThat(task.cancelled()).isTrue();
            assertThat(event).hasToString("<Event [unset]>");
        });
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_locks.EventTests.test_clear")
    void clear_ofASetEvent_unsetsIt() {
        event.set();
        assertThat(event.isSet()).isTrue();
        event.clear();
        assertThat(event.isSet()).isFalse();
    }

    /// Scenario 16 of the surface list.
    @Test
    @AsIn("test_locks.EventTests.test_clear_with_waiters")
    void setAndClear_inOneStep_wakeThoseWhoWait() {
        run(() -> {
            Task<Void> task = waiter(1);
            turn();
            event.set();
            event.clear();
            assertThat(event.isSet()).isFalse();
            Task<Void> late = waiter("late");
            turn();
            assertThat(trace).containsExactly(1);
            assertThat(task.done()).isTrue();
            assertThat(event).hasToString("<Event [unset, waiters:1]>");
            late.cancel();
        });
    }

    @Test
    void set_byACallback_wakesWhoWaits() {
        run(() -> {
            loop.callLater(Duration.ofSeconds(3), event::set);
            event.await();
        });
        assertThat(loop.time()).isEqualTo(Duration.ofSeconds(3).toNanos());
    }

    @Test
    void cancel_ofAWokenWaiter_isDelivered() {
        run(() -> {
            Task<Void> task = waiter("never");
            turn();
            event.set();
            task.cancel();
            turn();
            assertThat(task.cancelled()).isTrue();
            assertThat(event).hasToString("<Event [set]>");
        });
        assertThat(trace).isEmpty();
    }

    @Test
    void await_outsideOfATask_isRefusedEvenIfItIsSet() {
        event.set();
        assertThatIllegalStateException().isThrownBy(event::await)
                .withMessageContaining("only a coroutine");
    }

    @Test
    @AsIn("test_locks.ConditionTests.test_ambiguous_loops")
    void await_onAnotherLoop_failsOnlyIfItHasToWait() {
        EventLoop second = check.newLoop();
        run(() -> {
            loop.callSoon(event::set);
            event.await();
        });
        second.runUntilComplete(() -> {
            event.await();
            event.clear();
            assertThatIllegalStateException().isThrownBy(event::await)
                    .withMessageContaining("bound to a different event loop");
        });
        assertThat(event).hasToString("<Event [unset]>");
    }

    @Test
    void await_inACancelledLevelScope_throwsEvenIfItIsSet() {
        event.set();
        run(() -> {
            CancelScope scope = CancelScope.enterLevel(Task.current());
            scope.cancel(null);
            CancelledError error = catchThrowableOfType(CancelledError.class, event::await);
            assertThat(scope.leave(error)).isTrue();
            event.await();
        });
    }
}

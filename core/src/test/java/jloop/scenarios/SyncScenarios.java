package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.gather;
import static jloop.Asyncio.getRunningLoop;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.Asyncio;
import jloop.Barrier;
import jloop.BoundedSemaphore;
import jloop.BrokenBarrierException;
import jloop.CancelledError;
import jloop.Condition;
import jloop.Event;
import jloop.Lock;
import jloop.Semaphore;
import jloop.Task;

/// The twins of `scenarios/sync`.
final class SyncScenarios {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private SyncScenarios() { }

    private static Task<Void> locking(Trace trace, Lock lock, String name) {
        return createTask(() -> lock.withLock(() -> trace.out(name)));
    }

    static void ownerGoesBehindTheWaiters(Trace trace) {
        trace.run(() -> {
            Lock lock = new Lock();
            lock.acquire();
            Task<Void> one = locking(trace, lock, "one");
            Task<Void> two = locking(trace, lock, "two");
            sleep(Duration.ZERO);
            lock.release();
            trace.out("locked", lock.locked());
            lock.acquire();
            trace.out("owner again");
            lock.release();
            gather(one, two).await();
        });
    }

    static void freeLockDoesNotYield(Trace trace) {
        trace.run(() -> {
            getRunningLoop().callSoon(() -> trace.out("callback"));
            Lock lock = new Lock();
            trace.out(lock.locked());
            lock.withLock(() -> trace.out("locked", lock.locked()));
            trace.out(lock.locked());
            sleep(Duration.ZERO);
        });
    }

    static void lockReleasedWhenFree(Trace trace) {
        trace.run(() -> {
            try {
                new Lock().release();
            } catch (IllegalStateException e) {
                trace.out(e);
            }
        });
    }

    static void lockCancelledWaiter(Trace trace) {
        trace.run(() -> {
            Lock lock = new Lock();
            lock.acquire();
            Task<Void> one = locking(trace, lock, "one");
            Task<Void> two = locking(trace, lock, "two");
            sleep(Duration.ZERO);
            lock.release();
            one.cancel();
            Asyncio.wait(List.of(one, two));
            trace.out(one.cancelled(), two.cancelled(), lock.locked());
        });
    }

    static void lockNewcomerNeverOvertakes(Trace trace) {
        trace.run(() -> {
            Lock lock = new Lock();
            lock.acquire();
            Task<Void> one = locking(trace, lock, "one");
            sleep(Duration.ZERO);
            Task<Void> newcomer = locking(trace, lock, "newcomer");
            lock.release();
            gather(one, newcomer).await();
        });
    }

    static void eventSetAndCleared(Trace trace) {
        trace.run(() -> {
            Event event = new Event();
            Task<Void> task = createTask(() -> {
                event.await();
                trace.out("woken", event.isSet());
            });
            sleep(Duration.ZERO);
            event.set();
            event.clear();
            Task<Void> late = createTask(() -> {
                event.await();
                trace.out("woken", event.isSet());
            });
            task.await();
            trace.out("late", late.done());
            event.set();
            late.await();
        });
    }

    static void eventWakesInOrder(Trace trace) {
        trace.run(() -> {
            Event event = new Event();
            List<Task<Void>> tasks = new ArrayList<>();
            for (String name : List.of("a", "b", "c")) {
                tasks.add(createTask(() -> {
                    event.await();
                    trace.out(name);
                }));
            }
            sleep(Duration.ZERO);
            event.set();
            event.await();
            trace.out("main");
            gather(tasks).await();
        });
    }

    private static Task<Void> waiting(Trace trace, Condition condition, String name) {
        return createTask(() -> condition.withLock(() -> {
            condition.await();
            trace.out(name, condition.locked());
        }));
    }

    static void conditionNotify(Trace trace) {
        trace.run(() -> {
            Condition condition = new Condition();
            List<Task<Void>> tasks = new ArrayList<>();
            for (String name : List.of("a", "b", "c"))
                tasks.add(waiting(trace, condition, name));
            sleep(Duration.ZERO);
            condition.withLock(() -> {
                condition.notify(2);
                trace.out("notified");
            });
            sleep(SECOND);
            trace.out(tasks.stream().map(Task::done).toList());
            condition.withLock(condition::notifyAllWaiters);
            gather(tasks).await();
        });
    }

    static void conditionWithoutTheLock(Trace trace) {
        trace.run(() -> {
            Condition condition = new Condition();
            List<Runnable> attempts = List.of(condition::notifyOne, condition::notifyAllWaiters,
                    condition::await);
            for (Runnable attempt : attempts) {
                try {
                    attempt.run();
                } catch (IllegalStateException e) {
                    trace.out(e);
                }
            }
        });
    }

    static void conditionWaitFor(Trace trace) {
        trace.run(() -> {
            Condition condition = new Condition();
            int[] state = {0};
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                condition.waitFor(() -> state[0] >= 2);
                trace.out("seen", state[0]);
            }));
            for (int i = 0; i < 3; i++) {
                sleep(SECOND);
                condition.withLock(() -> {
                    state[0]++;
                    trace.out("state", state[0]);
                    condition.notifyAllWaiters();
                });
            }
            task.await();
        });
    }

    static void conditionCancelledTakesTheLockFirst(Trace trace) {
        trace.run(() -> {
            Condition condition = new Condition();
            Task<Void> task = createTask(() -> condition.withLock(() -> {
                try {
                    condition.await();
                } catch (CancelledError e) {
                    trace.out("cancelled", e.reason(), condition.locked(), Trace.now());
                    throw e;
                }
            }));
            sleep(SECOND);
            condition.withLock(() -> {
                task.cancel("first");
                sleep(SECOND);
                task.cancel("second");
                sleep(SECOND);
                trace.out("still held", task.done(), Trace.now());
            });
            Asyncio.wait(List.of(task));
            trace.out(task.cancelled(), condition.locked());
        });
    }

    static void conditionPassesTheWakeUpOn(Trace trace) {
        trace.run(() -> {
            Condition condition = new Condition();
            Task<Void> one = named(trace, condition, "one");
            Task<Void> two = named(trace, condition, "two");
            sleep(SECOND);
            condition.withLock(() -> {
                condition.notifyOne();
                sleep(Duration.ZERO);
                one.cancel();
            });
            Asyncio.wait(List.of(one, two), o -> o.withTimeout(Duration.ofSeconds(5)));
            trace.out(one.cancelled(), two.done());
            two.cancel();
        });
    }

    private static Task<Void> named(Trace trace, Condition condition, String name) {
        return createTask(() -> condition.withLock(() -> {
            condition.await();
            trace.out(name);
        }));
    }

    private static Task<Void> permitted(Trace trace, Semaphore semaphore, String name) {
        return createTask(() -> semaphore.withPermit(() -> trace.out(name)));
    }

    static void semaphoreLockedWhileSomebodyWaits(Trace trace) {
        trace.run(() -> {
            Semaphore semaphore = new Semaphore(1);
            semaphore.acquire();
            Task<Void> task = permitted(trace, semaphore, "waiter");
            sleep(Duration.ZERO);
            semaphore.release();
            trace.out("locked", semaphore.locked());
            task.await();
            trace.out("locked", semaphore.locked());
        });
    }

    static void semaphoreOrder(Trace trace) {
        trace.run(() -> {
            Semaphore semaphore = new Semaphore(1);
            List<Task<Void>> tasks = new ArrayList<>();
            for (String name : List.of("a", "b", "c"))
                tasks.add(createTask(() -> twice(trace, semaphore, name)));
            gather(tasks).await();
        });
    }

    private static void twice(Trace trace, Semaphore semaphore, String name) {
        for (int i = 0; i < 2; i++) {
            int n = i;
            semaphore.withPermit(() -> trace.out(name, n));
        }
    }

    static void semaphoreCancelledWaiter(Trace trace) {
        trace.run(() -> {
            Semaphore semaphore = new Semaphore(0);
            Task<Void> one = permitted(trace, semaphore, "one");
            Task<Void> two = permitted(trace, semaphore, "two");
            sleep(Duration.ZERO);
            semaphore.release();
            one.cancel();
            Asyncio.wait(List.of(one, two));
            trace.out(one.cancelled(), two.done(), semaphore.locked());
        });
    }

    static void semaphoreMisuse(Trace trace) {
        trace.run(() -> {
            try {
                new Semaphore(-1);
            } catch (IllegalArgumentException e) {
                trace.out(e);
            }
            BoundedSemaphore bounded = new BoundedSemaphore(1);
            bounded.acquire();
            bounded.release();
            try {
                bounded.release();
            } catch (IllegalArgumentException e) {
                trace.out(e);
            }
        });
    }

    private static Task<Integer> party(Trace trace, Barrier barrier, String name) {
        return createTask(() -> {
            int index = barrier.await();
            trace.out(name);
            return index;
        });
    }

    static void barrier(Trace trace) {
        trace.run(() -> {
            Barrier barrier = new Barrier(3);
            Task<Integer> a = party(trace, barrier, "a");
            Task<Integer> b = party(trace, barrier, "b");
            sleep(Duration.ZERO);
            trace.out(barrier.nWaiting(), barrier.parties(), barrier.broken());
            Task<Integer> c = party(trace, barrier, "c");
            trace.out(gather(a, b, c).await().stream().sorted().toList(), barrier.nWaiting());
        });
    }

    static void barrierCancelled(Trace trace) {
        trace.run(() -> {
            Barrier barrier = new Barrier(2);
            Task<Integer> task = createTask(() -> barrier.await());
            sleep(Duration.ZERO);
            trace.out(barrier.nWaiting());
            task.cancel();
            Asyncio.wait(List.of(task));
            trace.out(barrier.nWaiting(), barrier.broken());
            List<Integer> both = Asyncio.<Integer>gather(() -> barrier.await(),
                    () -> barrier.await()).await();
            trace.out(both.stream().sorted().toList());
        });
    }

    private static void broken(Trace trace, Barrier barrier) {
        try {
            barrier.await();
        } catch (BrokenBarrierException e) {
            trace.out(e);
        }
    }

    static void barrierAbortAndReset(Trace trace) {
        trace.run(() -> {
            Barrier barrier = new Barrier(2);
            Task<Void> waiting = createTask(() -> broken(trace, barrier));
            sleep(Duration.ZERO);
            barrier.abort();
            trace.out(barrier.broken());
            waiting.await();
            broken(trace, barrier);
            barrier.reset();
            trace.out(barrier.broken());
            Task<Void> again = createTask(() -> broken(trace, barrier));
            sleep(Duration.ZERO);
            barrier.reset();
            again.await();
            trace.out(barrier.broken(), barrier.nWaiting());
            try {
                new Barrier(0);
            } catch (IllegalArgumentException e) {
                trace.out(e);
            }
        });
    }
}

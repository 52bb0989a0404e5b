package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.currentTask;
import static jloop.Asyncio.moveOnAfter;
import static jloop.Asyncio.shielded;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Who catches a cancellation and goes on is counted, and in debug mode reported; cleanup is
/// not.
class SwallowedCancellationTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();

    @BeforeEach
    void reportThem() {
        loop.setDebug(true);
    }

    private <T> Task<T> cancelled(Coroutine<T> body) {
        Task<T> task = loop.createTask(body);
        loop.callLater(SECOND, () -> task.cancel());
        loop.runUntilComplete(() -> Asyncio.gatherReturningExceptions(List.of(task)).await());
        return task;
    }

    private Task<Void> cancelled(VoidCoroutine body) {
        return cancelled(body.returningNull());
    }

    private void assertSwallowedOnce(String where) {
        assertThat(loop.swallowedCancellations()).isEqualTo(1);
        ExceptionContext report = check.takeReport();
        assertThat(report.message()).isEqualTo("cancellation was swallowed");
        assertThat(report.exception()).isInstanceOf(CancelledError.class);
        assertThat(report.exception().getStackTrace())
                .anySatisfy(frame -> assertThat(frame.getMethodName()).isEqualTo(where));
        assertThat(report.future()).isInstanceOf(Task.class);
    }

    private void assertNoneSwallowed() {
        assertThat(loop.swallowedCancellations()).isZero();
        assertThat(check.takeReports()).isEmpty();
    }

    private static void work() {
        sleep(LONG);
    }

    private static void workAndCatch() {
        try {
            sleep(LONG);
        } catch (CancelledError e) {
            assertThat(e).isNotNull();                  // and that is all
        }
    }

    private record Connection() implements AutoCloseable {
        @Override
        public void close() {
            sleep(SECOND);                              // says goodbye
        }
    }

    // ---- tasks

    @Test
    void task_thatCatchesAndEnds_isReportedWithThePlace() {
        cancelled(SwallowedCancellationTest::workAndCatch);
        loop.runUntilComplete(() -> sleep(Duration.ZERO));

        assertSwallowedOnce("workAndCatch");
    }

    @Test
    void task_thatCatchesGoesOnAndEnds_isReportedOnce() {
        cancelled(() -> {
            workAndCatch();
            sleep(SECOND);
            sleep(SECOND);
            return 1;
        });

        assertSwallowedOnce("workAndCatch");
    }

    @Test
    void task_swallowing_isCountedWithoutDebugToo() {
        loop.setDebug(false);
        cancelled(SwallowedCancellationTest::workAndCatch);

        assertThat(loop.swallowedCancellations()).isEqualTo(1);
        assertThat(check.takeReports()).isEmpty();
    }

    @Test
    void task_thatUndoesTheRequest_isNotReported() {
        cancelled(() -> {
            workAndCatch();
            currentTask().uncancel();
        });

        assertNoneSwallowed();
    }

    @Test
    void task_withCleanupThatWaits_isNotReported() {
        cancelled(() -> {
            try {
                work();
            } finally {
                sleep(SECOND);
                shielded(() -> sleep(SECOND));
                timeout(SECOND, () -> sleep(Duration.ZERO));
            }
        });

        assertNoneSwallowed();
    }

    @Test
    void task_thatEndsInAnotherError_isNotReported() {
        Task<Void> task = cancelled(() -> {
            try {
                work();
            } catch (CancelledError e) {
                throw new IOException(e);
            }
        });

        assertThatThrownBy(task::result).isInstanceOf(IOException.class);
        assertNoneSwallowed();
    }

    @Test
    void task_cancelledWithoutBeingTold_isNotReported() {
        Task<Integer> stubborn = loop.createTask(() -> {
            workAndCatch();
            currentTask().uncancel();
            return 1;
        });
        cancelled(() -> stubborn.await());              // it gets the result, and no error

        assertNoneSwallowed();
    }

    @Test
    void task_awaitingAChildThatWasCancelled_isNotReported() {
        loop.runUntilComplete(() -> {
            Task<Void> child = createTask(SwallowedCancellationTest::work);
            sleep(Duration.ZERO);
            child.cancel();
            assertThatThrownBy(child::await).isInstanceOf(CancelledError.class);
        });

        assertNoneSwallowed();
    }

    @Test
    void timeout_thatExpires_isNotReported() {
        loop.runUntilComplete(() -> assertThatThrownBy(
                () -> timeout(SECOND, SwallowedCancellationTest::work)).isNotNull());

        assertNoneSwallowed();
    }

    // ---- level scopes

    @Test
    void scope_whoseBodyCatchesAndEnds_isReported() {
        loop.runUntilComplete(() -> {
            assertThat(moveOnAfter(SECOND, SwallowedCancellationTest::workAndCatch)).isTrue();
        });

        assertSwallowedOnce("workAndCatch");
    }

    @Test
    void scope_whoseBodyNeverGivesUp_isReportedAtTheThirdThrow() {
        loop.runUntilComplete(() -> {
            moveOnAfter(SECOND, () -> {
                for (int i = 1; i <= 10; i++) {
                    workAndCatch();
                    assertThat(loop.swallowedCancellations()).isEqualTo(i < 3 ? 0 : 1);
                }
                work();                                 // it leaves by the error after all
            });
        });

        assertSwallowedOnce("workAndCatch");
    }

    @Test
    void scope_leftByItsCancellation_isNotReported() {
        loop.runUntilComplete(() -> {
            assertThat(moveOnAfter(SECOND, () -> moveOnAfter(LONG, () -> {
                try (Connection _ = new Connection();
                        Connection _ = new Connection(); Connection _ = new Connection()) {
                    try {
                        work();
                    } finally {
                        try {
                            sleep(SECOND);
                        } finally {
                            sleep(SECOND);
                        }
                    }
                }
            }))).isFalse();
        });

        assertNoneSwallowed();
    }

    /// Many things are closed, and none of them may wait: the error is still on its way.
    @Test
    void scope_whoseCleanupCatchesAtEachOfMany_isNotReported() {
        loop.runUntilComplete(() -> {
            assertThat(moveOnAfter(SECOND, () -> {
                try {
                    work();
                } finally {
                    for (int i = 0; i < 10; i++) workAndCatch();
                }
            })).isFalse();
        });

        assertNoneSwallowed();
    }

    @Test
    void scope_whoseBodyAwaitsWhatIsCancelled_isNotReported() {
        loop.runUntilComplete(() -> CancelScope.open(scope -> {
            Future<Void> future = loop.createFuture();
            future.cancel();
            scope.cancel();
            assertThatThrownBy(future::await).isInstanceOf(CancelledError.class);
        }));

        assertNoneSwallowed();
    }

    @Test
    void scope_whoseBodyThrowsSomethingElse_isNotReported() {
        loop.runUntilComplete(() -> assertThatThrownBy(() -> moveOnAfter(SECOND, () -> {
            workAndCatch();
            throw new IOException("no time");
        })).isInstanceOf(IOException.class));

        assertNoneSwallowed();
    }
}

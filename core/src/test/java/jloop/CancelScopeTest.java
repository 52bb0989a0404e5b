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

/// The engine of cancellation, from inside: scopes are entered and left by hand.
class CancelScopeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    interface Body {
        void run(Task<?> me) throws Exception;
    }

    private void inATask(Body body) {
        loop.runUntilComplete(() -> body.run(Asyncio.currentTask()));
    }

    // ---- the stack

    @Test
    void enter_makesTheScopeTheInnermost() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterEdge(me);
            CancelScope inner = CancelScope.enterLevel(me);

            assertThat(CancelScope.ROOT.depth).isZero();
            assertThat(outer.depth).isEqualTo(1);
            assertThat(inner.depth).isEqualTo(2);
            assertThat(inner.parent).isSameAs(outer);
            assertThat(me.scope).isSameAs(inner);

            assertThat(inner.leave(null)).isFalse();
            assertThat(me.scope).isSameAs(outer);
            assertThat(outer.leave(null)).isFalse();
            assertThat(me.scope).isNull();
        });
    }

    @Test
    void leave_outOfOrder_isRefused() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterEdge(me);
            CancelScope inner = CancelScope.enterEdge(me);

            assertThatIllegalStateException().isThrownBy(() -> outer.leave(null))
                    .withMessageContaining("reverse order");

            inner.leave(null);
            outer.leave(null);
            assertThatIllegalStateException().isThrownBy(() -> outer.leave(null));
        });
    }

    @Test
    void root_cannotBeCancelledNorLeft() {
        CancelScope.ROOT.cancel(null);

        assertThat(CancelScope.ROOT.isCancelled()).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> CancelScope.ROOT.leave(null));
    }

    // ---- edge scopes

    @Test
    void edge_cancelled_isDeliveredOnceAndUndoneOnLeaving() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel("why");
            scope.cancel("again");
            assertThat(me.cancelling()).isEqualTo(1);

            CancelledError error = sleepCancelled();
            sleep(SECOND);                              // once only

            assertThat(error.reason()).isEqualTo("why");
            assertThat(scope.leave(error)).isTrue();
            assertThat(me.cancelling()).isZero();
        });
    }

    @Test
    void edge_leftBeforeDelivery_takesItsRequestBack() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel(null);

            assertThat(scope.leave(null)).isFalse();

            sleep(SECOND);
            assertThat(me.cancelling()).isZero();
        });
    }

    @Test
    void edge_leftByAnotherException_doesNotClaimIt() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel(null);
            sleepCancelled();

            assertThat(scope.leave(new IllegalStateException("other"))).isFalse();
            assertThat(me.cancelling()).isZero();
        });
    }

    @Test
    void edge_notCancelled_doesNotClaimTheTasksCancellation() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            me.cancel();
            CancelledError error = sleepCancelled();

            assertThat(scope.leave(error)).isFalse();
            assertThat(me.cancelling()).isEqualTo(1);
            me.uncancel();
        });
    }

    @Test
    void edge_cancelledTogetherWithTheTask_leavesTheErrorToTheTask() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel(null);
            me.cancel();
            CancelledError error = sleepCancelled();

            assertThat(scope.leave(error)).isFalse();
            assertThat(me.cancelling()).isEqualTo(1);
            me.uncancel();
        });
    }

    /// What asyncio gets wrong: the count at entry includes the request, so that the scope
    /// would take the task's cancellation for its own.
    @Test
    void edge_enteredAfterTheTaskWasCancelled_leavesTheErrorToTheTask() {
        inATask(me -> {
            me.cancel();
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel(null);
            assertThat(me.cancelling()).isEqualTo(2);
            CancelledError error = sleepCancelled();

            assertThat(scope.leave(error)).isFalse();
            assertThat(me.cancelling()).isEqualTo(1);
            me.uncancel();
        });
    }

    @Test
    void edge_leftWhileTheTasksRequestIsStillToBeDelivered_keepsThatOne() {
        inATask(me -> {
            me.cancel();
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel(null);
            assertThat(scope.leave(null)).isFalse();

            assertThat(sleepCancelled()).isNotNull();
            assertThat(me.cancelling()).isEqualTo(1);
            me.uncancel();
        });
    }

    @Test
    void edge_nestedAndBothCancelled_belongsToTheOuter() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterEdge(me);
            CancelScope inner = CancelScope.enterEdge(me);
            inner.cancel(null);
            outer.cancel(null);
            CancelledError error = sleepCancelled();

            assertThat(inner.leave(error)).isFalse();
            assertThat(me.cancelling()).isEqualTo(1);
            assertThat(outer.leave(error)).isTrue();
            assertThat(me.cancelling()).isZero();
        });
    }

    @Test
    void edge_nestedAndOnlyTheInnerCancelled_staysInside() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterEdge(me);
            CancelScope inner = CancelScope.enterEdge(me);
            inner.cancel(null);

            assertThat(inner.leave(sleepCancelled())).isTrue();
            sleep(SECOND);
            assertThat(outer.leave(null)).isFalse();
        });
    }

    @Test
    void edge_withAnErrorOfTheUsersOwn_claimsIt() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            scope.cancel(null);
            sleepCancelled();

            assertThat(scope.leave(new CancelledError("made anew"))).isTrue();
        });
    }

    @Test
    void edge_cancelledAfterItWasLeft_isTooLate() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterEdge(me);
            scope.leave(null);
            int before = me.cancelling();

            scope.cancel(null);

            assertThat(me.cancelling()).isEqualTo(before);
            sleep(SECOND);
        });
    }

    // ---- level scopes

    @Test
    void level_cancelled_hasEveryWaitThrowUntilItIsLeft() {
        inATask(me -> {
            Future<Void> future = loop.createFuture();
            CancelScope scope = CancelScope.enterLevel(me);
            scope.cancel(null);

            for (int i = 0; i < 3; i++) sleepCancelled();
            catchCancelled(() -> future.await());
            CancelledError error = catchCancelled(() -> sleep(Duration.ZERO));

            assertThat(me.cancelling()).isZero();
            assertThat(scope.leave(error)).isTrue();
            sleep(SECOND);
            assertThat(future.done()).isFalse();        // it was never begun to be awaited
        });
    }

    @Test
    void level_cancelledFromOutsideWhileTheTaskWaits_wakesIt() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterLevel(me);
            loop.callLater(SECOND, () -> scope.cancel(null));
            CancelledError error = catchCancelled(() -> sleep(Duration.ofSeconds(10)));

            assertThat(loop.time()).isEqualTo(SECOND.toNanos());
            assertThat(scope.leave(error)).isTrue();
        });
    }

    @Test
    void level_doneFutures_canStillBeAwaited() {
        inATask(me -> {
            Future<Integer> done = loop.createFuture();
            done.setResult(1);
            CancelScope scope = CancelScope.enterLevel(me);
            scope.cancel(null);

            assertThat(done.await()).isEqualTo(1);
            scope.leave(null);
        });
    }

    @Test
    void level_leftBeforeDelivery_leavesNothingBehind() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterLevel(me);
            scope.cancel(null);
            assertThat(scope.leave(null)).isFalse();

            sleep(SECOND);
        });
    }

    @Test
    void level_outerCancelled_actsInsideAllInnerScopes() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterLevel(me);
            CancelScope inner = CancelScope.enterLevel(me);
            outer.cancel(null);

            CancelledError error = sleepCancelled();
            assertThat(inner.leave(error)).isFalse();
            error = sleepCancelled();
            assertThat(outer.leave(error)).isTrue();
        });
    }

    @Test
    void level_innerCancelled_endsWithTheInner() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterLevel(me);
            CancelScope inner = CancelScope.enterLevel(me);
            inner.cancel(null);

            assertThat(inner.leave(sleepCancelled())).isTrue();
            sleep(SECOND);
            assertThat(outer.leave(null)).isFalse();
        });
    }

    @Test
    void level_bothCancelled_belongsToTheOuter() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterLevel(me);
            CancelScope inner = CancelScope.enterLevel(me);
            inner.cancel(null);
            outer.cancel(null);

            CancelledError error = sleepCancelled();
            assertThat(inner.leave(error)).isFalse();
            assertThat(outer.leave(error)).isTrue();
        });
    }

    @Test
    void level_aroundAnEdgeScope_isNotTakenForItsOwn() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterLevel(me);
            CancelScope inner = CancelScope.enterEdge(me);
            inner.cancel(null);
            outer.cancel(null);

            CancelledError error = sleepCancelled();
            assertThat(inner.leave(error)).isFalse();
            assertThat(me.cancelling()).isZero();
            assertThat(outer.leave(error)).isTrue();
        });
    }

    @Test
    void level_withTheTaskCancelledToo_leavesTheErrorToTheTask() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterLevel(me);
            me.cancel();
            scope.cancel(null);

            CancelledError error = sleepCancelled();
            assertThat(scope.leave(error)).isFalse();
            assertThat(me.uncancel()).isZero();
        });
    }

    // ---- shields

    @Test
    void shield_keepsOffTheTasksCancellationUntilItIsLeft() {
        inATask(me -> {
            CancelScope shield = CancelScope.enterShield(me);
            loop.callLater(SECOND, () -> me.cancel("why"));
            sleep(Duration.ofSeconds(2));
            sleep(Duration.ofSeconds(2));
            assertThat(me.cancelling()).isEqualTo(1);
            assertThat(shield.leave(null)).isFalse();

            CancelledError error = sleepCancelled();

            assertThat(error.reason()).isEqualTo("why");
            assertThat(loop.time()).isEqualTo(Duration.ofSeconds(4).toNanos());
            me.uncancel();
        });
    }

    @Test
    void shield_keepsOffAnOuterLevelScope() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterLevel(me);
            CancelScope shield = CancelScope.enterShield(me);
            outer.cancel(null);
            sleep(SECOND);
            shield.leave(null);

            assertThat(outer.leave(sleepCancelled())).isTrue();
            assertThat(loop.time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    void shield_keepsOffAnOuterEdgeScope() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterEdge(me);
            CancelScope shield = CancelScope.enterShield(me);
            outer.cancel(null);
            sleep(SECOND);
            shield.leave(null);

            assertThat(outer.leave(sleepCancelled())).isTrue();
            assertThat(me.cancelling()).isZero();
        });
    }

    @Test
    void shield_itself_canBeCancelled() {
        inATask(me -> {
            CancelScope shield = CancelScope.enterShield(me);
            shield.cancel(null);

            assertThat(shield.leave(sleepCancelled())).isTrue();
        });
    }

    @Test
    void shield_aroundAScope_doesNotKeepThatOneOff() {
        inATask(me -> {
            CancelScope shield = CancelScope.enterShield(me);
            CancelScope inner = CancelScope.enterEdge(me);
            loop.callLater(SECOND, () -> inner.cancel(null));

            CancelledError error = catchCancelled(() -> sleep(Duration.ofSeconds(10)));

            assertThat(inner.leave(error)).isTrue();
            shield.leave(null);
        });
    }

    @Test
    void shield_inAShield_keepsOffUntilBothAreLeft() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterShield(me);
            CancelScope inner = CancelScope.enterShield(me);
            me.cancel();
            sleep(SECOND);
            inner.leave(null);
            sleep(SECOND);
            outer.leave(null);

            sleepCancelled();
            me.uncancel();
        });
    }

    @Test
    void shield_aroundACancelledEdgeScope_keepsBothRequestsApart() {
        inATask(me -> {
            CancelScope shield = CancelScope.enterShield(me);
            me.cancel("task");
            CancelScope inner = CancelScope.enterEdge(me);
            inner.cancel("inner");
            assertThat(inner.leave(sleepCancelled())).isTrue();
            sleep(SECOND);
            shield.leave(null);

            sleepCancelled();
            assertThat(me.cancelling()).isEqualTo(1);
            me.uncancel();
        });
    }

    @Test
    void shield_aroundAFutureThatIsCancelled_keepsTheTasksRequest() {
        inATask(me -> {
            CancelScope outer = CancelScope.enterEdge(me);
            CancelScope shield = CancelScope.enterShield(me);
            outer.cancel(null);
            Future<Void> future = loop.createFuture();
            loop.callSoon(() -> future.cancel());
            catchCancelled(() -> future.await());
            shield.leave(null);

            assertThat(outer.leave(sleepCancelled())).isTrue();
        });
    }

    @Test
    void shield_leftInsideAnother_releasesWhatStandsBetweenThem() {
        inATask(me -> {
            CancelScope outerShield = CancelScope.enterShield(me);
            CancelScope between = CancelScope.enterEdge(me);
            CancelScope innerShield = CancelScope.enterShield(me);
            me.cancel();
            between.cancel(null);
            sleep(SECOND);
            innerShield.leave(null);

            assertThat(between.leave(sleepCancelled())).isTrue();
            sleep(SECOND);
            outerShield.leave(null);
            sleepCancelled();
            me.uncancel();
        });
    }

    @Test
    void shield_uncancelledMeanwhile_deliversNothing() {
        inATask(me -> {
            CancelScope shield = CancelScope.enterShield(me);
            me.cancel();
            me.uncancel();
            shield.leave(null);

            sleep(SECOND);
        });
    }

    @Test
    void cancel_ofATaskThatEndsInsideAShieldedWait_endsCancelled() {
        Task<Integer> task = loop.createTask(() -> {
            CancelScope shield = CancelScope.enterShield(Asyncio.currentTask());
            sleep(SECOND);
            trace.add("whole");
            shield.leave(null);
            return 1;
        });
        loop.callLater(Duration.ofMillis(1), () -> task.cancel());

        assertThatThrownBy(() -> loop.runUntilComplete(task)).isInstanceOf(CancelledError.class);
        assertThat(trace).containsExactly("whole");
    }

    // ---- other tasks

    @Test
    void scopes_ofOneTask_doNotConcernAnother() {
        inATask(me -> {
            CancelScope scope = CancelScope.enterLevel(me);
            Task<Void> other = createTask(() -> {
                sleep(SECOND);
                trace.add("other");
            });
            scope.cancel(null);
            sleepCancelled();
            scope.leave(null);
            other.await();
        });

        assertThat(trace).containsExactly("other");
    }

    private static CancelledError sleepCancelled() {
        return catchCancelled(() -> sleep(SECOND));
    }

    private static CancelledError catchCancelled(Runnable wait) {
        CancelledError error = catchThrowableOfType(CancelledError.class, wait::run);
        assertThat(error).as("the wait was to be cancelled").isNotNull();
        return error;
    }
}

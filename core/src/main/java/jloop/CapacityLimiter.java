package jloop;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/// A number of tokens that borrowers hold, at most one each. It knows who holds one, and the
/// number can be changed.
///
/// A borrower is the calling task, or any object that stands for what the work is done for
/// ([#acquireOnBehalfOf]); borrowers are told apart by `equals`. Tokens are given in the order
/// in which they were asked for. A limiter may be made anywhere; it belongs to the loop of the
/// first task that has to wait for it.
///
/// **As in trio and anyio**: `CapacityLimiter`. asyncio has none.
public final class CapacityLimiter {

    /*
     * Invariants (SyncModelTest):
     *   I1  a woken waiter has a token in `handed`, until its task runs and takes or returns it
     *   I2  if tokens are free, nobody waits who is neither woken nor cancelled
     *   I3  nobody is in `borrowers` and in `asking`
     */

    private final Waiters waiters = new Waiters();
    private final Set<Object> borrowers = new HashSet<>();
    private final Set<Object> asking = new HashSet<>();     // those whose tasks wait
    private int total;
    private int handed;             // tokens lent to waiters whose tasks have not run yet

    /// A limiter of `total` tokens.
    ///
    /// **Errors**: IllegalArgumentException if negative.
    public CapacityLimiter(int total) {
        this.total = notNegative(total);
    }

    private static int notNegative(int total) {
        if (total < 0)
            throw new IllegalArgumentException(
                    "a limiter has at least 0 tokens, not " + total);
        return total;
    }

    /// Borrows a token for the calling task; see [#acquireOnBehalfOf].
    public void acquire() {
        acquireOnBehalfOf(Waiters.caller("CapacityLimiter.acquire"));
    }

    /// [#acquireOnBehalfOfNowait] for the calling task.
    public void acquireNowait() {
        acquireOnBehalfOfNowait(HomeLoop.caller("CapacityLimiter.acquireNowait"));
    }

    /// Borrows a token for `borrower`; waits until one is free and those who asked before had
    /// theirs. If it need not wait, lets nobody else run.
    ///
    /// **Cancellation**: nothing is borrowed, and the place in the queue is lost.
    /// **Errors**: IllegalStateException if the borrower holds a token or waits for one
    /// already, outside of a task, and if it has to wait while the limiter belongs to another
    /// loop.
    public void acquireOnBehalfOf(Object borrower) {
        Task<?> task = Waiters.caller("CapacityLimiter.acquireOnBehalfOf");
        requireNew(borrower);
        if (availableTokens() > 0) borrowers.add(borrower);
        else awaitToken(task, borrower);
    }

    private void awaitToken(Task<?> task, Object borrower) {
        Waiter waiter = waiters.enter(task, this);
        asking.add(borrower);
        boolean ours = false;
        try {
            waiter.await();
            ours = true;
        } finally {
            waiters.leave(waiter);
            asking.remove(borrower);
            if (waiter.woken()) handed--;
            if (ours) borrowers.add(borrower);
            else handOut();
        }
    }

    /// Borrows a token for `borrower` if one is free.
    ///
    /// **Errors**: [WouldBlockException] if none is; IllegalStateException if the borrower
    /// holds a token or waits for one already.
    public void acquireOnBehalfOfNowait(Object borrower) {
        waiters.checkThread("CapacityLimiter.acquireOnBehalfOfNowait");
        requireNew(borrower);
        if (availableTokens() <= 0) throw new WouldBlockException("no token is free: " + this);
        borrowers.add(borrower);
    }

    private void requireNew(Object borrower) {
        if (borrowers.contains(Objects.requireNonNull(borrower, "borrower")))
            throw new IllegalStateException("a borrower holds one token at most, and " + borrower
                    + " has one: " + this);
        if (asking.contains(borrower))
            throw new IllegalStateException("a borrower holds one token at most, and " + borrower
                    + " waits for one: " + this);
    }

    /// Gives the calling task's token back; see [#releaseOnBehalfOf].
    public void release() {
        releaseOnBehalfOf(HomeLoop.caller("CapacityLimiter.release"));
    }

    /// Gives the token of `borrower` back, and hands it to the first that waits.
    ///
    /// **Errors**: IllegalStateException if the borrower has none.
    public void releaseOnBehalfOf(Object borrower) {
        waiters.checkThread("CapacityLimiter.releaseOnBehalfOf");
        if (!borrowers.remove(Objects.requireNonNull(borrower, "borrower")))
            throw new IllegalStateException(borrower + " holds no token of " + this);
        handOut();
    }

    private void handOut() {
        while (availableTokens() > 0 && waiters.wakeNext()) handed++;
    }

    /// How many tokens there are.
    public int totalTokens() {
        return total;
    }

    /// Changes how many tokens there are. If there are more now, those who wait get them; if
    /// there are less, who holds one keeps it, and the next ones wait until enough came back.
    ///
    /// **Errors**: IllegalArgumentException if negative.
    public void setTotalTokens(int total) {
        waiters.checkThread("CapacityLimiter.setTotalTokens");
        this.total = notNegative(total);
        handOut();
    }

    /// How many tokens are held, or on their way to a task that was just woken.
    public int borrowedTokens() {
        return borrowers.size() + handed;
    }

    /// How many tokens are free. Less than zero when more are held than there are now.
    public int availableTokens() {
        return total - borrowedTokens();
    }

    /// Runs `body` with a token of the calling task: acquires it, and releases it however the
    /// body ends.
    public <T> T withToken(Coroutine<T> body) {
        acquire();
        try {
            return Outcomes.of(body);
        } finally {
            release();
        }
    }

    public void withToken(VoidCoroutine body) {
        withToken(body.returningNull());
    }

    @AnyThread
    @Override
    public String toString() {
        return waiters.describe(this, borrowedTokens() + "/" + total + " borrowed");
    }
}

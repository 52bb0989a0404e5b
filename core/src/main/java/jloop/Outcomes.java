package jloop;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Throws what was thrown elsewhere: the same object, checked or not.
final class Outcomes {

    private Outcomes() { }

    /// Throws `exception` as it is, without a `throws` clause. Never returns; the return type
    /// lets the caller write `throw rethrow(e)`.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> RuntimeException rethrow(Throwable exception) throws X {
        throw (X) exception;
    }

    /// What `body` returns, or throws as it is.
    static <T> T of(Coroutine<T> body) {
        try {
            return body.run();
        } catch (Exception e) {
            throw Outcomes.<RuntimeException>rethrow(e);
        }
    }

    /// Waits for `run`, whatever interrupts come meanwhile, and throws what it threw.
    static void joinUninterruptibly(FutureTask<Void> run) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    run.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    Throwable cause = e.getCause();
                    throw Outcomes.<RuntimeException>rethrow(cause == null ? e : cause);
                }
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }
}

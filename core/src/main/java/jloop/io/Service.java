package jloop.io;

import jloop.EventLoop;
import jloop.ExceptionContext;
import jloop.KeyboardInterrupt;
import jloop.Socket;
import jloop.SystemExit;

/// What a [Server] does with a connection that it has accepted.
@FunctionalInterface
interface Service {

    /// Called in a task that has more to accept: it neither waits nor throws, and runs no code
    /// of users. Whatever is made of `accepted` is [Server#attach]ed before it returns.
    void begin(Server server, Socket accepted);

    /// Tells the exception handler what code of users has thrown; what ends the loop passes.
    static void report(EventLoop loop, String message, Throwable thrown, Object source) {
        if (thrown instanceof KeyboardInterrupt || thrown instanceof SystemExit)
            throw (Error) thrown;
        loop.callExceptionHandler(ExceptionContext.of(message, thrown).withSource(source));
    }
}

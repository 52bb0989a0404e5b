import org.jspecify.annotations.NullMarked;

/// asyncio's event loop for the JVM.
///
/// `jloop` is order and time (the loop, tasks and groups, cancellation, locks and queues),
/// `jloop.io` is bytes (sockets as streams and servers), `jloop.poller` the seam below the
/// loop, for those who give it a poller or a clock of their own. `jloop.kernel`, the pollers
/// and system calls, is not exported: nothing outside may depend on it, the virtual clock for
/// tests excepted.
@NullMarked
@SuppressWarnings("module")             // jloop.testing is built after this
module jloop {
    requires static org.jspecify;
    requires static jdk.unsupported;    // sun.misc.Signal: without it Ctrl-C ends the JVM

    exports jloop;
    exports jloop.io;
    exports jloop.poller;
    exports jloop.kernel to jloop.testing;
}

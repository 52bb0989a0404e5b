package jloop;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// Knows the addresses of hosts and the names of addresses: see [EventLoop#setResolver].
///
/// **Threads**: called in a task of the loop, where it may wait.
/// **Cancellation**: when nobody waits for the answer any more.
@FunctionalInterface
public interface Resolver {

    /// The addresses of `host`, a name, in the order in which they are to be tried.
    ///
    /// **Errors**: UnknownHostException if it has none.
    List<InetAddress> addressesOf(String host) throws IOException;

    /// The name of `address`, or its numbers if it has none, which is what this method returns
    /// if it is not overridden.
    default String nameOf(InetAddress address) throws IOException {
        return address.getHostAddress();
    }
}

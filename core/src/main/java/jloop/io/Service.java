package jloop.io;

import jloop.Socket;

/// What a [Server] does with a connection that it has accepted.
@FunctionalInterface
interface Service {

    /// Called in a task that has more to accept: it neither waits nor throws, and runs no code
    /// of users. Whatever is made of `accepted` is [Server#attach]ed before it returns.
    void begin(Server server, Socket accepted);
}

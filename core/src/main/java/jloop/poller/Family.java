package jloop.poller;

/// The address families of sockets.
public enum Family {
    INET, INET6, UNIX
}

package jloop.io;

/// A connection of a [Server], for as long as that counts it.
interface ServerConnection {

    void close();

    void abort();
}

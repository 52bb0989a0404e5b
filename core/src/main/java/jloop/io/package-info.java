/// Bytes: connections as streams, and servers.
///
/// Written on the low-level operations of [jloop.EventLoop] (`sockRecv`, `sockAccept`,
/// `addWriter` ...), the same that everybody has. For the loop's thread only, unless it says
/// `@AnyThread`.
@NullMarked
package jloop.io;

import org.jspecify.annotations.NullMarked;

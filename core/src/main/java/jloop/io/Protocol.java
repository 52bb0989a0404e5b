package jloop.io;

import java.nio.ByteBuffer;

/// A protocol that is given the bytes as they come.
///
/// **As in asyncio**: `Protocol`.
public interface Protocol extends BaseProtocol {

    /// Bytes have come. `data` is new and the receiver's to keep; how many there are says
    /// nothing about how they were sent.
    default void dataReceived(ByteBuffer data) throws Exception { }

    /// The peer has sent all it will. Returns whether to leave our direction open; if not, the
    /// transport closes itself.
    default boolean eofReceived() throws Exception {
        return false;
    }
}

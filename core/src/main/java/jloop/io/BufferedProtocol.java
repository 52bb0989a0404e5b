package jloop.io;

import java.nio.ByteBuffer;

/// A protocol that says where the bytes are to go: none is copied, and nothing allocated.
///
/// **As in asyncio**: `BufferedProtocol`.
public interface BufferedProtocol extends BaseProtocol {

    /// Where to receive next: into what remains of the buffer, of which some 64 KiB are well
    /// used. It may be direct. `sizeHint` is the size that would suit, -1 for any.
    ///
    /// **Errors**: a buffer without room, or read-only, ends the connection.
    ByteBuffer getBuffer(int sizeHint) throws Exception;

    /// So many bytes were received into the buffer, 1 or more. Its position stays where it was.
    void bufferUpdated(int count) throws Exception;

    /// As [Protocol#eofReceived].
    default boolean eofReceived() throws Exception {
        return false;
    }
}

package jloop;

import java.net.SocketAddress;

/// A message that came as a whole: its bytes, which may be none, and who sent it. `from` is an
/// address without a path if that is a UNIX socket which is not bound. `size`: how many bytes
/// were sent, more than there are in `data` if there was no room for all of them.
///
/// `data` is new and the receiver's to keep. Datagrams are equal only if they share it.
@SuppressWarnings("ArrayRecordComponent")       // as from a reader: an array, not a view of one
public record Datagram(byte[] data, SocketAddress from, int size) {

    public Datagram {
        if (size < data.length)
            throw new IllegalArgumentException(
                    "a datagram of " + size + " bytes cannot have " + data.length);
    }

    /// One that is whole.
    public Datagram(byte[] data, SocketAddress from) {
        this(data, from, data.length);
    }

    /// Whether its end was lost, for want of room.
    public boolean isTruncated() {
        return data.length < size;
    }

    @Override
    public String toString() {
        return "<Datagram of " + size + " bytes" + (isTruncated() ? ", cut to " + data.length : "")
                + " from " + from + ">";
    }
}

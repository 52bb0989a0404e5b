package jloop;

import java.net.SocketAddress;

/// A message that came as a whole: its bytes, which may be none, and who sent it. `from` is an
/// address without a path if that is a UNIX socket which is not bound.
///
/// `data` is new and the receiver's to keep. Datagrams are equal only if they share it.
@SuppressWarnings("ArrayRecordComponent")       // as from a reader: an array, not a view of one
public record Datagram(byte[] data, SocketAddress from) {

    @Override
    public String toString() {
        return "<Datagram of " + data.length + " bytes from " + from + ">";
    }
}

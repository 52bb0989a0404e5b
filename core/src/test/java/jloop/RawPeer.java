package jloop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/// The other end of a connection that is tested: a plain socket of `loop`, whose methods wait.
public record RawPeer(EventLoop loop, Socket socket) implements AutoCloseable {

    public void send(byte[] bytes) throws IOException {
        loop.sockSendall(socket, bytes);
    }

    public void send(String text) throws IOException {
        send(Rig.bytes(text));
    }

    /// Fewer than `count` bytes only at the end of the stream.
    public byte[] receive(int count) throws IOException {
        byte[] received = new byte[count];
        for (int at = 0; at < count; ) {
            int got = loop.sockRecvInto(socket, received, at, count - at);
            if (got == 0) return Arrays.copyOf(received, at);
            at += got;
        }
        return received;
    }

    public byte[] receiveAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part; (part = loop.sockRecv(socket, 65_536)).length > 0; ) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /// The end for the other side is a reset.
    public void reset() throws IOException {
        socket.setLinger(0);
        socket.close();
    }

    @Override
    public void close() {
        socket.close();
    }
}

package jloop.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import jloop.EventLoop;
import jloop.PipeEnd;
import jloop.Socket;

/// The transport of an end of a pipe that is read from.
final class ReadPipeTransport extends PipeTransport {

    private static final int RECEIVE_MAX = 64 * 1024;       // as of sockets

    private boolean paused;

    ReadPipeTransport(EventLoop loop, PipeEnd end, Socket connected, BaseProtocol protocol) {
        super(loop, end, connected, protocol);
    }

    @Override
    void start() {
        if (isReading()) loop.addReader(socket, this::readable, context);
    }

    /// Called in each turn in which there is something to receive.
    private void readable() {
        byte[] received;
        try {
            received = socket.receiveNow(RECEIVE_MAX);
        } catch (IOException e) {
            report("reading from a pipe failed", e);
            end(e);
            return;
        }
        if (received == null) return;
        if (received.length == 0) ended();
        else give(received);
    }

    private void give(byte[] received) {
        try {
            receiver().dataReceived(ByteBuffer.wrap(received));
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            fail("dataReceived of a protocol failed", e);
        }
    }

    private void ended() {
        loop.callSoon(this::tellEnd, context);
        end(null);
    }

    /// What the protocol answers does not matter: there is no other direction to leave open.
    private void tellEnd() {
        try {
            receiver().eofReceived();
        } catch (Throwable e) {             // all: what a protocol throws ends its connection
            if (!(e instanceof IOException)) report("eofReceived of a protocol failed", e);
            lostBy = e;
        }
    }

    private Protocol receiver() {
        return (Protocol) getProtocol();
    }

    @Override
    public void setProtocol(BaseProtocol protocol) {
        if (!(protocol instanceof Protocol))
            throw new IllegalArgumentException(
                    "a Protocol was expected, for a pipe that is read from, not " + protocol);
        super.setProtocol(protocol);
    }

    @Override
    public boolean isReading() {
        return !paused && !isClosing();
    }

    @Override
    public void pauseReading() {
        if (!isReading()) return;
        paused = true;
        loop.removeReader(socket);
    }

    @Override
    public void resumeReading() {
        if (!paused || isClosing()) return;
        paused = false;
        if (phase == Phase.OPEN) start();
    }

    @Override
    public void close() {
        end(null);
    }
}

package jloop.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.SocketAddress;
import jloop.poller.Descriptor;
import jloop.poller.Operation;

/// An operation that counts how often it was completed.
final class Request extends Operation {

    int completions;
    Runnable then = () -> { };
    boolean underWay;

    Request(Descriptor descriptor) {
        super(descriptor);
    }

    Request kind(Kind kind) {
        this.kind = kind;
        return this;
    }

    Request accept() {
        return kind(Kind.ACCEPT);
    }

    Request connect(SocketAddress address) {
        remote = address;
        return kind(Kind.CONNECT);
    }

    Request receive(int size) {
        array = new byte[size];
        length = size;
        return kind(Kind.RECEIVE);
    }

    Request send(String text) {
        return send(text.getBytes(UTF_8), 0);
    }

    Request send(byte[] message, int from) {
        array = message;
        offset = from;
        length = message.length - from;
        return kind(Kind.SEND);
    }

    boolean isOver() {
        return !underWay;
    }

    String text() {
        if (result < 0) return Errno.text(-result);
        return result == 0 ? "EOF" : new String(array, offset, result, UTF_8);
    }

    @Override
    public void completed() {
        completions++;
        underWay = false;
        then.run();
    }
}

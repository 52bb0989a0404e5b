package jloop.kernel;

import java.net.SocketAddress;
import java.util.List;
import jloop.poller.Descriptor;
import jloop.poller.Operation;

/// An operation that writes its end into a trace, as `name=result`.
class TracedOperation extends Operation {

    final String name;
    private final List<String> trace;

    TracedOperation(String name, List<String> trace, Kind kind, Descriptor descriptor) {
        super(descriptor);
        this.name = name;
        this.trace = trace;
        this.kind = kind;
    }

    TracedOperation with(byte[] bytes) {
        array = bytes;
        offset = 0;
        length = bytes.length;
        return this;
    }

    TracedOperation to(SocketAddress address) {
        remote = address;
        return this;
    }

    @Override
    public void completed() {
        trace.add(name + "=" + result);
    }
}

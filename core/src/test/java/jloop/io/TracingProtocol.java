package jloop.io;

import static jloop.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import jloop.Rig;
import org.jspecify.annotations.Nullable;

/// Notes what it is told. Tests override what is to be different.
class TracingProtocol implements Protocol {

    /// Sends back what comes.
    static final class Echo extends TracingProtocol {
        @Override
        public void dataReceived(ByteBuffer data) {
            transport().write(data);
        }
    }

    final List<String> trace = new ArrayList<>();
    @Nullable Transport transport;
    @Nullable Throwable lostBy;
    int bytes;

    Transport transport() {
        return Objects.requireNonNull(transport);
    }

    boolean isLost() {
        return trace.contains("lost");
    }

    /// Waits until `protocol` was told as much as is `expected`, which it must be.
    static void awaitTrace(Rig rig, TracingProtocol protocol, String... expected) {
        rig.await(Arrays.toString(expected) + ", but there is " + protocol.trace,
                () -> protocol.trace.size() >= expected.length);
        assertThat(protocol.trace).containsExactly(expected);
    }

    static String textOf(ByteBuffer data) {
        byte[] all = new byte[data.remaining()];
        data.get(all);
        return text(all);
    }

    @Override
    public void connectionMade(Transport made) throws Exception {
        transport = made;
        trace.add("made");
    }

    @Override
    public void dataReceived(ByteBuffer data) throws Exception {
        bytes += data.remaining();
        trace.add(textOf(data));
    }

    @Override
    public boolean eofReceived() throws Exception {
        trace.add("eof");
        return false;
    }

    @Override
    public void connectionLost(@Nullable Throwable why) throws Exception {
        trace.add("lost");
        lostBy = why;
    }

    @Override
    public void pauseWriting() throws Exception {
        trace.add("pause");
    }

    @Override
    public void resumeWriting() throws Exception {
        trace.add("resume");
    }
}

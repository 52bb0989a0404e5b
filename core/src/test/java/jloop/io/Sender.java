package jloop.io;

import static jloop.Asyncio.connectAcceptedSocket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import jloop.Asyncio;
import jloop.RawPeer;
import jloop.Rig;
import jloop.SendfileOptions;

/// The end of a connection that sends, be it a stream or a transport. The other end is a plain
/// socket.
interface Sender extends AutoCloseable {

    int MUCH = 6_000_000;       // more than the kernel takes at once

    interface Body {
        void run(Rig rig, Sender sender, RawPeer peer) throws Exception;
    }

    /// Has `body` run for each kind.
    static void each(Rig.Network network, Body body) {
        for (boolean isStream : new boolean[] {true, false})
            Rig.run(network, rig -> {
                if (network == Rig.Network.VIRTUAL)
                    rig.loop.setDefaultExecutor(new TlsStreamsTest.Inline());
                run(rig, isStream, body);
            });
    }

    static void run(Rig rig, boolean isStream, Body body) throws Exception {
        Rig.Ends ends = rig.connect();
        try (RawPeer peer = new RawPeer(rig.loop, ends.client());
                Sender sender = isStream
                        ? new OfStream(Streams.pair(rig.loop, ends.server(), 100))
                        : OfTransport.on(connectAcceptedSocket(
                                TracingProtocol::new, ends.server()))) {
            body.run(rig, sender, peer);
        }
    }

    void write(ByteBuffer bytes);

    void writelines(List<byte[]> lines);

    void writeEof();

    int kept();

    void max(int bytes);

    int max();

    void abortOnOverflow();

    void limit(int high, int low);

    boolean isPaused();

    boolean isClosing();

    long sendfile(FileChannel file, UnaryOperator<SendfileOptions> options) throws IOException;

    long sendfile(Path path, UnaryOperator<SendfileOptions> options) throws IOException;

    @Override
    void close();

    default void write(byte[] bytes) {
        write(ByteBuffer.wrap(bytes));
    }

    /// Writes until the kernel takes no more: how many bytes.
    default int fill() {
        int written = 0;
        for (; kept() == 0; written += 100_000) write(new byte[100_000]);
        return written;
    }

    record OfStream(StreamPair pair) implements Sender {

        private StreamWriter writer() {
            return pair.writer();
        }

        @Override
        public void write(ByteBuffer bytes) {
            writer().write(bytes);
        }

        @Override
        public void writelines(List<byte[]> lines) {
            writer().writelines(lines);
        }

        @Override
        public void writeEof() {
            writer().writeEof();
        }

        @Override
        public int kept() {
            return writer().getWriteBufferSize();
        }

        @Override
        public void max(int bytes) {
            writer().setWriteBufferMax(bytes);
        }

        @Override
        public int max() {
            return writer().getWriteBufferMax();
        }

        @Override
        public void abortOnOverflow() {
            writer().setAbortOnOverflow(true);
        }

        @Override
        public void limit(int high, int low) {
            writer().setWriteBufferLimits(high, low);
        }

        /// Whether a drain waits.
        @Override
        public boolean isPaused() {
            var drain = Asyncio.createTask(writer()::drain);
            Asyncio.sleep(java.time.Duration.ZERO);
            boolean waits = !drain.done();
            drain.cancel();
            return waits;
        }

        @Override
        public boolean isClosing() {
            return writer().isClosing();
        }

        @Override
        public long sendfile(FileChannel file, UnaryOperator<SendfileOptions> options)
                throws IOException {
            return writer().sendfile(file, options);
        }

        @Override
        public long sendfile(Path path, UnaryOperator<SendfileOptions> options)
                throws IOException {
            return writer().sendfile(path, options);
        }

        @Override
        public void close() {
            writer().abort();
        }
    }

    record OfTransport(Transport transport, TracingProtocol protocol) implements Sender {

        static OfTransport on(Connection<TracingProtocol> connection) {
            return new OfTransport(connection.transport(), connection.protocol());
        }

        @Override
        public void write(ByteBuffer bytes) {
            transport.write(bytes);
        }

        @Override
        public void writelines(List<byte[]> lines) {
            transport.writelines(lines.stream().map(ByteBuffer::wrap).toList());
        }

        @Override
        public void writeEof() {
            transport.writeEof();
        }

        @Override
        public int kept() {
            return transport.getWriteBufferSize();
        }

        @Override
        public void max(int bytes) {
            transport.setWriteBufferMax(bytes);
        }

        @Override
        public int max() {
            return transport.getWriteBufferMax();
        }

        @Override
        public void abortOnOverflow() {
            transport.setAbortOnOverflow(true);
        }

        @Override
        public void limit(int high, int low) {
            transport.setWriteBufferLimits(high, low);
        }

        @Override
        public boolean isPaused() {
            return "pause".equals(protocol.trace.getLast());
        }

        @Override
        public boolean isClosing() {
            return transport.isClosing();
        }

        @Override
        public long sendfile(FileChannel file, UnaryOperator<SendfileOptions> options)
                throws IOException {
            return Asyncio.sendfile(transport, file, options);
        }

        @Override
        public long sendfile(Path path, UnaryOperator<SendfileOptions> options)
                throws IOException {
            return Asyncio.sendfile(transport, path, options);
        }

        @Override
        public void close() {
            transport.abort();
        }
    }
}

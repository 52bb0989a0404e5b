package jloop.io;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import jloop.kernel.VirtualPoller;
import jloop.poller.Clock;
import jloop.poller.FileDriver;
import jloop.poller.OpenFile;
import jloop.poller.Poller;
import org.jspecify.annotations.Nullable;

/// Files below a loop whose calls fail, come short or hang, as a test wants it.
final class FileFaults implements FileDriver {

    /// The calls of a file.
    enum Call { OPEN, READ, WRITE, SIZE, TRUNCATE, SYNC, CLOSE }

    volatile int transferMax = Integer.MAX_VALUE;       // bytes at a time
    final AtomicInteger openFiles = new AtomicInteger();
    final AtomicInteger calls = new AtomicInteger();
    final AtomicInteger inside = new AtomicInteger();   // calls that hang
    private volatile @Nullable Call failing;
    private final AtomicInteger toPass = new AtomicInteger();
    private volatile String reason = "";
    private volatile Hang hang = new Hang(null);

    /// Which calls hang, and until when: one field, as who comes late to one hang must not wait
    /// for the end of the next.
    private record Hang(@Nullable Call call, CountDownLatch gate) {
        Hang(@Nullable Call call) {
            this(call, new CountDownLatch(1));
        }
    }

    /// The call of this kind after `passing` others fails, and those that follow.
    void fail(Call call, int passing, String why) {
        reason = why;
        toPass.set(passing);
        failing = call;
    }

    void heal() {
        failing = null;
    }

    /// Calls of this kind hang until [#go()].
    void hang(Call call) {
        hang = new Hang(call);
    }

    void go() {
        Hang over = hang;
        hang = new Hang(null);
        over.gate.countDown();
    }

    /// `real`, with these files.
    Poller below(Poller real) {
        Class<?>[] faces = real instanceof VirtualPoller
                ? new Class<?>[] {Poller.class, Clock.class} : new Class<?>[] {Poller.class};
        return (Poller) Proxy.newProxyInstance(FileFaults.class.getClassLoader(), faces,
                (_, method, arguments) -> {
                    if (method.getName().equals("fileDriver")) return this;
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void enter(Call call) throws IOException {
        calls.incrementAndGet();
        Hang now = hang;
        if (call == now.call) hangUntil(now.gate);
        if (call == failing && toPass.getAndDecrement() <= 0) throw new IOException(reason);
    }

    private void hangUntil(CountDownLatch gate) {
        inside.incrementAndGet();
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody may interrupt a thread of the pool", e);
        } finally {
            inside.decrementAndGet();
        }
    }

    @Override
    public OpenFile open(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        enter(Call.OPEN);
        OpenFile real = FileDriver.CHANNELS.open(path, options, attributes);
        openFiles.incrementAndGet();
        return new Faulty(real);
    }

    private final class Faulty implements OpenFile {

        private final OpenFile real;

        Faulty(OpenFile real) {
            this.real = real;
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            enter(Call.READ);
            ByteBuffer few = few(into);
            int count = real.read(few, position);
            into.position(few.position());
            return count;
        }

        @Override
        public int write(ByteBuffer from, long position) throws IOException {
            enter(Call.WRITE);
            ByteBuffer few = few(from);
            int count = real.write(few, position);
            from.position(few.position());
            return count;
        }

        private ByteBuffer few(ByteBuffer all) {
            ByteBuffer few = all.duplicate();
            return few.limit(few.position() + Math.min(few.remaining(), transferMax));
        }

        @Override
        public long size() throws IOException {
            enter(Call.SIZE);
            return real.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            enter(Call.TRUNCATE);
            real.truncate(size);
        }

        @Override
        public void sync(boolean metadata) throws IOException {
            enter(Call.SYNC);
            real.sync(metadata);
        }

        @Override
        public void close() throws IOException {
            real.close();
            openFiles.decrementAndGet();
            enter(Call.CLOSE);
        }
    }
}

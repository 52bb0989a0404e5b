package jloop.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import jloop.AsyncIterator;
import jloop.Asyncio;
import jloop.EventLoop;
import jloop.FileJob;
import jloop.poller.FileDriver;
import jloop.poller.FileOperation;

/// The paths in a directory or tree, read some hundred at a time: what [AsyncFiles#list] and
/// [AsyncFiles#walk] return.
///
/// The directory is closed when it was read to its end, by an error or a cancellation while it
/// is read, or by [#close()]. A small one is read at once, and closed then.
/// [#hasNext()] and [#next()] throw the IOException that there is; `next(IOException.class)`
/// has it declared.
public final class FilePaths implements AsyncIterator<Path>, AutoCloseable {

    private static final int BATCH = 512;

    /// What is read by threads, one at a time.
    private static final class Source {

        private final Stream<Path> stream;
        private final Iterator<Path> paths;

        Source(Stream<Path> stream) {
            this.stream = stream;
            this.paths = stream.iterator();
        }

        /// The next ones. Fewer than `BATCH` are the last.
        List<Path> read() throws IOException {
            List<Path> batch = new ArrayList<>();
            boolean goesOn = false;
            try {
                while (batch.size() < BATCH && paths.hasNext()) batch.add(paths.next());
                goesOn = batch.size() == BATCH;
                return batch;
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } finally {
                if (!goesOn) end();
            }
        }

        boolean end() {
            stream.close();
            return true;
        }
    }

    @FunctionalInterface
    interface Opener {
        Stream<Path> open() throws IOException;
    }

    /// What opening has brought.
    private record Begin(Source source, List<Path> batch) { }

    private final EventLoop loop;
    private final Source source;
    private Iterator<Path> batch;
    private boolean atEnd;

    private FilePaths(EventLoop loop, Begin begin) {
        this.loop = loop;
        this.source = begin.source;
        this.batch = taken(begin.batch);
    }

    static FilePaths open(Opener opener) throws IOException {
        EventLoop loop = Asyncio.getRunningLoop();
        return new FilePaths(loop, loop.fileJob(new FileOperation<Begin>() {
            @Override
            public Begin carryOut(FileDriver driver) throws IOException {
                Source source = new Source(opener.open());
                return new Begin(source, source.read());
            }

            @Override
            public void undo(Begin begin) {
                begin.source.end();
            }
        }).await());
    }

    private Iterator<Path> taken(List<Path> read) {
        atEnd = read.size() < BATCH;
        return read.iterator();
    }

    @Override
    public boolean hasNext() {
        try {
            while (!batch.hasNext() && !atEnd) batch = taken(read());
            return batch.hasNext();
        } catch (IOException e) {
            throw LoopGroup.<RuntimeException>rethrow(e);
        }
    }

    @Override
    public Path next() {
        if (!hasNext()) throw new NoSuchElementException("there are no more paths");
        return batch.next();
    }

    private List<Path> read() throws IOException {
        FileJob<List<Path>> job = loop.fileJob(_ -> source.read());
        boolean complete = false;
        try {
            List<Path> read = job.await();
            complete = true;
            return read;
        } finally {
            if (!complete) job.whenOver(this::close);
        }
    }

    /// Closes the directory, in the background. Then there are no more paths.
    @Override
    public void close() {
        batch = Collections.emptyIterator();
        if (atEnd) return;
        atEnd = true;
        if (loop.isClosed()) source.end();
        else loop.fileJob(_ -> source.end()).start();
    }
}

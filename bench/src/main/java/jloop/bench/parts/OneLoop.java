package jloop.bench.parts;

import jloop.EventLoop;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// A loop that the benchmark's own thread runs, again for each invocation.
///
/// An invocation is thousands of operations within one run of the loop, so that what is
/// measured is the loop at work, and neither its start nor JMH.
@State(Scope.Thread)
public class OneLoop {

    final EventLoop loop = new EventLoop();

    public OneLoop() { }

    @TearDown
    public void close() {
        loop.close();
    }
}

package jloop;

import java.lang.System.Logger;
import jloop.poller.Poller;
import org.jspecify.annotations.Nullable;

/// What the strands of one loop run on, one at a time: one class per way of getting at the JDK.
abstract sealed class Carrier permits HookedCarrier, HandoffCarrier {

    final EventLoop loop;

    Carrier(EventLoop loop) {
        this.loop = loop;
    }

    static Carrier of(EventLoop loop) {
        return switch (Chosen.LEVEL) {
            case OPENED, TRUSTED -> new HookedCarrier(loop);
            case HANDOFF -> new HandoffCarrier(loop);
        };
    }

    static Level level() {
        return Chosen.LEVEL;
    }

    /// True if the calling thread is the loop's: its carrier, or whatever runs on it.
    abstract boolean isCurrent();

    /// Makes the turns of the loop on the calling thread, or for it, until `turns` returns.
    abstract void host(Runnable turns);

    /// Has the calling thread be the loop's, between the turns it makes or while it polls.
    abstract void hold();

    /// Ends [#hold()].
    abstract void release();

    /// Polls; may leave the sleeping to another thread, which is then the loop's meanwhile.
    abstract void poll(Poller poller, long timeoutNanos);

    /// Makes the thread of a new strand, its first step ready.
    abstract void start(Strand strand, @Nullable String name);

    /// Makes the thread of a new strand. Returns what runs its first step.
    abstract Runnable begin(Strand strand, @Nullable String name);

    /// Makes the thread of a new strand and runs its first step, while `creator`, which is the
    /// calling thread, steps aside. If that cannot unmount, the first step is only made ready.
    final void startNow(Strand strand, @Nullable String name, Strand creator) {
        Runnable rest = rest(creator);
        Runnable first = begin(strand, name);
        loop.eager.push(rest, first);
        creator.phase = Strand.Phase.READY;
        boolean unmoved = true;
        try {
            stepAside(creator);
        } finally {
            creator.phase = Strand.Phase.RUNNING;
            unmoved = loop.eager.retract(first);
        }
        if (unmoved) {
            strand.phase = Strand.Phase.READY;
            loop.ready.add(first);
        }
    }

    /// What goes on with `strand`, which runs, when it has stepped aside.
    abstract Runnable rest(Strand strand);

    /// Throws StackOverflowError where the calling strand has too little stack left to wait, if
    /// that would do harm.
    abstract void checkStack();

    /// Gives up the carrier until the loop resumes its continuation of its own accord. Returns
    /// at once if it cannot unmount.
    abstract void stepAside(Strand strand);

    /// Runs the strand that makes calls, starting its thread if it is new, until it parks.
    abstract void runNow(Strand strand);

    /// Goes on with a coroutine until it gives up the carrier.
    abstract void resume(Runnable continuation);

    /// The strand that `continuation` goes on with, or null if it cannot be told. Any thread,
    /// while the loop is busy with it.
    abstract @Nullable Strand strandOf(Runnable continuation);

    /// The thread that makes the turns. Any thread.
    abstract @Nullable Thread bare();

    abstract void makeReady(Strand strand);

    /// Makes a strand ready to run before all others; starts its thread if it is new.
    abstract void makeNext(Strand strand);

    abstract void park(Strand strand);

    abstract void yield(Strand strand);

    /// Called first on the thread of a strand.
    abstract void entered(Strand strand);

    /// Called on the thread of a strand when its body is over: it is on the loop after that.
    abstract void leaving(Strand strand);

    /// Called last on the thread of a strand.
    abstract void left(Strand strand);

    /// The loop is closed: lets a coroutine that was to run find that out somewhere else.
    abstract void abandon(Runnable continuation);

    /// The loop is closed: sees to it that a coroutine for which `timer` stands wakes all the
    /// same.
    abstract void abandon(TimerHandle timer);

    /// The loop is closed: its strands can run no more.
    abstract void close();

    /// The level, chosen once: by property, else the best there is.
    private static final class Chosen {

        static final Level LEVEL = choose();

        private static Level choose() {
            String wanted = System.getProperty("jloop.level");
            if (wanted == null) {
                if (JavaLang.isOpened()) return Level.OPENED;
                System.getLogger("jloop").log(Logger.Level.INFO,
                        "coroutines run at level HANDOFF, several times slower than OPENED: "
                        + JavaLang.howToOpen());
                return Level.HANDOFF;
            }
            Level level = parse(wanted);
            if (level == Level.OPENED && !JavaLang.isOpened())
                throw new IllegalStateException(
                        "jloop.level=OPENED, but java.lang is not open: " + JavaLang.howToOpen());
            return level;
        }

        private static Level parse(String name) {
            try {
                return Level.valueOf(name);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "jloop.level must be OPENED, TRUSTED or HANDOFF, not " + name, e);
            }
        }
    }
}

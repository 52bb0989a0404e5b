package jloop.checks;

import java.util.List;
import java.util.Set;

/// The exceptions to the rules, each with its reason, and the classes that a rule is about. An
/// entry that is no longer needed fails the build.
final class Allowed {

    /// A banned call that a file may make all the same.
    record Call(String file, String ban, String reason) {}

    /// A class that may do what a rule forbids to the others.
    record Type(String name, String reason) {}

    /// For [Tidiness]: the file from the root, the name of the ban, the reason.
    static final List<Call> CALLS = List.of(
            new Call("examples/BlockingIsFine.java", "sleep",
                    "it shows that a coroutine may call Thread.sleep"),
            new Call("core/src/test/java/jloop/BlockingJavaTest.java", "sleep",
                    "blocking calls are its subject"),
            new Call("core/src/test/java/jloop/LevelCancellationTest.java", "sleep",
                    "blocking calls inside a cancelled scope are a part of its subject"),
            new Call("core/src/test/java/jloop/DirectSwitchTest.java", "sleep",
                    "parking in the JDK between direct switches is a part of its subject"),
            new Call("bench/src/main/java/jloop/bench/Stopwatch.java", "nanoTime",
                    "a benchmark measures real time"),
            new Call("bench/peers/jvm/src/main/java/Sched.java", "nanoTime",
                    "a benchmark measures real time"),
            new Call("bench/peers/jvm/src/main/java/VirtualThreadSched.java", "sleep",
                    "a virtual thread that sleeps is how the JDK alone has a timer"),
            new Call("bench/jloop/Sched.java", "nanoTime", "a benchmark measures real time"),
            new Call("bench/jloop/Children.java", "nanoTime", "a benchmark measures real time"),
            new Call("bench/jloop/FileReads.java", "nanoTime", "a benchmark measures real time"),
            new Call("bench/jloop/Survive.java", "nanoTime", "a benchmark measures real time"));

    /// Lines of the public face that name a hidden type, as api/jloop.api has them.
    static final List<Type> HIDDEN = List.of();

    /// The classes whose code runs on the bare carrier thread. They take no lock and write no
    /// log line: a lock shared by a carrier and its own coroutine hangs for ever. Nested
    /// classes count with the class around them.
    static final Set<String> CARRIER_CLASSES = Set.of(
            "jloop.HookedCarrier",
            "jloop.HandoffCarrier",
            "jloop.ReadyQueue",
            "jloop.TimerHeap",
            "jloop.Intake",
            "jloop.Handle",
            "jloop.TimerHandle",
            "jloop.Arrival",
            "jloop.SocketOperation",
            "jloop.WatchOperation",
            "jloop.WatchHandle",
            "jloop.kernel.EpollPoller",
            "jloop.kernel.EpollSocket",
            "jloop.kernel.EpollChild",
            "jloop.kernel.EpollEvents",
            "jloop.kernel.SystemCalls",
            "jloop.kernel.RingFiles",
            "jloop.kernel.RingFile",
            "jloop.kernel.Blocks",
            "jloop.CarrierCall",
            "jloop.TaskList",
            "jloop.Strand",
            "jloop.EagerSteps",
            "jloop.CancelledTasks",
            "jloop.Waiting",
            "jloop.AsCompleted",
            "jloop.Gathering",
            "jloop.Shield",
            "jloop.ThreadSafeHandle",
            "jloop.Order",
            "jloop.poller.Operation",
            "jloop.kernel.ByteRing");

    /// May use locks or `synchronized`.
    static final List<Type> LOCKS = List.of();

    /// May hold a static field that changes.
    static final List<Type> STATICS = List.of(
            new Type("jloop.CurrentLoop", "which loops run is asked of any thread"));

    /// May have a name that says little, because asyncio has it.
    static final List<Type> NAMES = List.of(
            new Type("jloop.BaseExceptionGroup", "the name that Python has"),
            new Type("jloop.io.BaseProtocol", "the name that asyncio has"));

    private Allowed() {}

    static boolean calls(String file, String ban) {
        return CALLS.stream().anyMatch(call -> call.file().equals(file) && call.ban().equals(ban));
    }
}

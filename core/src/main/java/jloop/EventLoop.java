package jloop;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import jloop.poller.Clock;
import jloop.poller.FileOperation;
import jloop.poller.OpenFile;
import jloop.poller.Operation.Kind;
import jloop.poller.Poller;
import org.jspecify.annotations.Nullable;

/// Runs callbacks, timers, tasks and I/O one after the other, so that none of them needs a lock
/// against the others.
///
/// **Threads**: the thread that runs it, and the coroutines and callbacks it runs, unless a
/// method says `@AnyThread`. While the loop does not run, its methods are not checked: whoever
/// sets it up must be one thread at a time.
/// **As in asyncio**: `AbstractEventLoop`, with its life cycle: run, stop, run again, close.
public final class EventLoop implements Executor, AutoCloseable {

    /*
     * A turn (docs/design/0003-turn.md): poll, take what other threads left, take due timers, then
     * run what is ready by then. Order within it: what was ready before, I/O, other threads,
     * timers. Newcomers wait for the next turn.
     *
     * Polling costs a system call, so while something is ready it is left out until POLL_EVERY
     * entries have run or POLL_WITHIN_NANOS have passed. Nobody can tell: what became readable
     * meanwhile is put behind what was ready, as it would be anyway.
     *
     * What is ready is a continuation of a coroutine, which the carrier runs as it is, or a call,
     * which it leaves to a CallRunner; calls that stand together share one mount.
     */

    private static final long MAX_SLEEP_NANOS = Duration.ofHours(24).toNanos();
    private static final int POLL_EVERY = 61;
    private static final long POLL_WITHIN_NANOS = 50_000;
    private static final long CENTURY_NANOS = Duration.ofDays(36_500).toNanos();

    final Carrier carrier;
    final ReadyQueue ready = new ReadyQueue();
    final EagerSteps eager = new EagerSteps();
    final TaskList tasks = new TaskList();
    final CancelledTasks cancelledTasks = new CancelledTasks();
    final Generators generators = new Generators(this);
    final Poller poller;
    final Watch watch = new Watch(this);
    final DebugMode debugMode = new DebugMode(this);
    final UnreadFailures unread = new UnreadFailures(this);

    private final String pollerChoice;
    private final Clock clock;
    private final TimerHeap timers = new TimerHeap();
    private final Intake intake = new Intake();         // any thread adds
    final Set<ChildProcess> children = new LinkedHashSet<>();       // that are not reaped
    private final Sockets sockets;
    private final ForeignFiles foreignFiles = new ForeignFiles(this);
    private final LoopSignals signals = new LoopSignals(this);
    private final UnclosedLoop unclosed;
    private final WorkerPool workers = new WorkerPool(this);
    private final Names names = new Names(this, workers);
    private final FilePool files;

    private volatile boolean asleep;                    // any thread clears, to wake the poller
    private volatile boolean closed;
    private volatile @Nullable Thread runBy;            // null while it does not run
    private boolean stopping;
    private @Nullable Throwable fatal;
    private int polledAt;                               // steps taken before the last poll
    private long polledNanos;
    private long nextSeq;
    private Order order = Order.of(System.getProperty("jloop.order", "fifo"));
    private long swallowed;
    private @Nullable CallRunner runner;
    private Set<Task<?>> abandoned = Set.of();
    private volatile @Nullable Embedding embedding;     // any thread asks whether it is the host
    private @Nullable Runnable wakeCallback;
    boolean debug = Boolean.getBoolean("jloop.debug")
            || System.getenv().getOrDefault("JLOOP_DEBUG", "").length() > 0;
    private @Nullable TaskFactory taskFactory;
    private @Nullable BiConsumer<EventLoop, ExceptionContext> exceptionHandler;

    /// A loop with the best poller there is ([PollerKind#AUTO]), and the clock of the machine.
    public EventLoop() {
        this(PollerKind.AUTO);
    }

    /// A loop with a poller of that kind, and the clock of the machine. For [Asyncio#run]:
    /// `o -> o.withLoopFactory(() -> new EventLoop(PollerKind.URING))`.
    ///
    /// **Errors**: IllegalArgumentException if the system property `jloop.poller`, where that
    /// is to decide, names none.
    public EventLoop(PollerKind kind) {
        this(Pollers.choose(kind), Clock.SYSTEM);
    }

    /// A loop with the best poller there is, and a given clock.
    public EventLoop(Clock clock) {
        this(Pollers.choose(PollerKind.AUTO), clock);
    }

    /// The best poller there is, for a loop on a poller that adds something to it.
    public static Poller newPoller() {
        return Pollers.choose(PollerKind.AUTO).poller();
    }

    /// A loop on a given poller and clock: for tests in virtual time, and for embedding.
    public EventLoop(Poller poller, Clock clock) {
        this(Pollers.given(poller), clock);
    }

    private EventLoop(Pollers.Choice choice, Clock clock) {
        this.poller = choice.poller();
        this.pollerChoice = choice.text();
        this.clock = clock;
        this.carrier = Carrier.of(this);
        this.sockets = new Sockets(this);
        this.files = new FilePool(this, clock);
        this.unclosed = new UnclosedLoop(this);
        this.polledNanos = clock.nanos();
    }

    // ---- Life cycle

    /// Runs until [#stop()] is called.
    ///
    /// **Errors**: IllegalStateException if the loop is closed or runs already, or if another
    /// loop runs in this thread; [KeyboardInterrupt] on Ctrl-C, if run by the main thread; what
    /// a callback throws of [KeyboardInterrupt] and [SystemExit].
    public void runForever() {
        checkMayRun();
        runBy = Thread.currentThread();
        CurrentLoop.add(this);
        try (SignalTrap _ = SignalTrap.stops(this)) {
            Watchdog.see(this);
            carrier.host(this::turn);
        } finally {
            CurrentLoop.remove(this);
            runBy = null;
            stopping = false;
            fatal = null;
        }
    }

    private void checkMayRun() {
        checkOpen();
        if (isRunning())
            throw new IllegalStateException("this event loop is already running: " + this);
        EventLoop other = CurrentLoop.running();
        if (other != null)
            throw new IllegalStateException(
                    "cannot run the event loop while another loop is running: " + other);
    }

    private void turn() {
        do makeTurn();
        while (!stopping && fatal == null);
        letRunnerGo();
        Throwable thrown = fatal;
        if (thrown != null) throw Outcomes.<RuntimeException>rethrow(thrown);
    }

    /// The runner that waits for calls holds its loop, and the JVM holds its thread: without
    /// this no loop that has run could ever be collected.
    private void letRunnerGo() {
        CallRunner idle = runner;
        runner = null;
        if (idle == null) return;
        idle.begin();
        carrier.runNow(idle);
    }

    // ---- Embedding: somebody else makes the turns

    /// Begins a run whose turns the calling thread makes by [#runOnce()], until
    /// [#runForeverCleanup()]: what a toolkit with a loop of its own needs. Between the turns
    /// this is the loop's thread, as within them, and the loop counts as running.
    ///
    /// `runForever` is `runForeverSetup`, then `runOnce` as long as it returns true, then
    /// `runForeverCleanup`; it minds Ctrl-C too, which is the host's business here.
    ///
    /// **Errors**: as [#runForever()]; IllegalStateException in a virtual thread.
    public void runForeverSetup() {
        checkMayRun();
        if (Thread.currentThread().isVirtual())
            throw new IllegalStateException("a virtual thread cannot make the turns of a loop: "
                    + Thread.currentThread());
        runBy = Thread.currentThread();
        Embedding begun = new Embedding(this);
        embedding = begun;
        carrier.hold();
        CurrentLoop.add(this);
        Watchdog.see(this);
        begun.setWake(wakeCallback);
    }

    /// Makes one turn: polls, sleeping until something is ready, then runs what is. Returns
    /// false if [#stop()] was called, which is for the host to heed.
    ///
    /// **Errors**: IllegalStateException without [#runForeverSetup()], and within a turn;
    /// [KeyboardInterrupt] and [SystemExit] that a callback or task throws: the loop can go on.
    public boolean runOnce() {
        return runOnceWithin(Poller.FOREVER);
    }

    /// [#runOnce()] that sleeps for at most `atMost`; zero or less looks without sleeping.
    public boolean runOnce(Duration atMost) {
        return runOnceWithin(Math.max(0, nanos(atMost)));
    }

    private boolean runOnceWithin(long atMostNanos) {
        Embedding run = embedding;
        if (run == null)
            throw new IllegalStateException("runOnce needs runForeverSetup before it: " + this);
        run.begin();
        try {
            run.turn(atMostNanos);
        } finally {
            if (!stopping) run.lend();
        }
        return !stopping;
    }

    /// Ends what [#runForeverSetup()] began. Does nothing if that was not called.
    public void runForeverCleanup() {
        Embedding run = embedding;
        if (run == null) return;
        run.end();
        embedding = null;
        CurrentLoop.remove(this);
        runBy = null;
        stopping = false;
        fatal = null;
    }

    /// How long until there is something to do: zero if something is ready, null if only I/O
    /// or another thread can make it so. For hosts without a wake callback: with one, asking
    /// takes the loop back from who watches it, and the callback is called again.
    public @Nullable Duration untilNextTurn() {
        checkThread("untilNextTurn");
        long nanos = nanosUntilTurn();
        return nanos == Poller.FOREVER ? null : Duration.ofNanos(nanos);
    }

    /// Has `callback` called when a turn is due while the host does other things: I/O is
    /// ready, a timer is due, or another thread has called; then not again until that turn is
    /// made. Null for none: then the host has to look by itself.
    ///
    /// **Threads**: called on any, the host's included: it should only post the turn to the
    /// host's own queue. Between the turns a thread of the loop's, `jloop-poll`, then watches
    /// its sockets.
    public void setWakeCallback(@Nullable Runnable callback) {
        checkThread("setWakeCallback");
        wakeCallback = callback;
        Embedding run = embedding;
        if (run != null) run.setWake(callback);
    }

    /// True if the calling thread is the host, which has the loop again.
    boolean isReclaimed() {
        Embedding run = embedding;
        return run != null && run.reclaim();
    }

    /// The turn of an embedded loop: each one polls, as the host sets the pace.
    void turnOnce(long atMostNanos) {
        pollFor(Math.min(sleepNanos(), atMostNanos), false);
        intake.moveTo(ready);
        takeDueTimers();
        runBatch();
        Throwable thrown = fatal;
        fatal = null;
        if (thrown != null) throw Outcomes.<RuntimeException>rethrow(thrown);
    }

    /// Polls on the calling thread, while the host does other things.
    void pollDirectly() {
        pollFor(sleepNanos(), true);
    }

    /// [#untilNextTurn()] in nanoseconds; [Poller#FOREVER] for never.
    long nanosUntilTurn() {
        return intake.isEmpty() ? sleepNanos() : 0;
    }

    // ---- Running until something is done

    /// Runs until `coroutine`, as a task, is done; returns its result or throws what it threw.
    /// Errors as [#runForever()].
    public <T> T runUntilComplete(Coroutine<T> coroutine) {
        checkOpen();
        if (isRunning())
            throw new IllegalStateException("this event loop is already running: " + this);
        return runUntilComplete(createTask(coroutine));
    }

    /// The same for a coroutine without a result.
    public void runUntilComplete(VoidCoroutine coroutine) {
        runUntilComplete(coroutine.returningNull());
    }

    /// Runs until `future` is done; returns its result or throws what it failed with.
    ///
    /// **Errors**: as [#runForever()]; IllegalArgumentException if the future belongs to
    /// another loop; IllegalStateException if the loop is stopped before the future is done.
    public <T> T runUntilComplete(Future<T> future) {
        checkOpen();
        if (future.loop != this)
            throw new IllegalArgumentException(
                    "the future belongs to another loop: " + future + " to " + future.loop);
        StopWhenDone<T> stopper = new StopWhenDone<>(this);
        future.addDoneCallback(stopper);
        try {
            runForever();
        } finally {
            future.removeDoneCallback(stopper);
        }
        if (!future.done())
            throw new IllegalStateException("event loop stopped before " + future + " was done");
        return future.result();
    }

    private record StopWhenDone<T>(EventLoop loop)
            implements java.util.function.Consumer<Future<T>> {
        @Override
        public void accept(Future<T> done) {
            if (!done.cancelled() && (done.exception() instanceof KeyboardInterrupt
                    || done.exception() instanceof SystemExit)) return;  // ends the run by itself
            loop.stop();
        }
    }

    /// Ends the run after the batch under way: what is ready now still runs, what is scheduled
    /// meanwhile waits for the next run. Before a run, that run makes one turn.
    public void stop() {
        checkThread("stop");
        stopping = true;
    }

    @AnyThread
    public boolean isRunning() {
        return runBy != null;
    }

    @AnyThread
    public boolean isClosed() {
        return closed;
    }

    /// Closes the loop for good. What is scheduled is dropped; tasks that are pending stay so,
    /// and are reported. Closing again does nothing.
    ///
    /// **Errors**: IllegalStateException if it runs.
    @Override
    public void close() {
        if (isRunning())
            throw new IllegalStateException("cannot close a running event loop: " + this);
        if (closed) return;
        for (Task<?> task : tasks.snapshot()) {
            if (abandoned.contains(task)) continue;     // reported already
            report(ExceptionContext.of("task was destroyed but it is pending", null)
                    .withFuture(task));
        }
        endChildren();
        unread.tellAll();
        closed = true;
        unclosed.closed();
        signals.close();
        ready.clear();
        for (TimerHandle left; (left = timers.takeDue(later(CENTURY_NANOS))) != null; )
            carrier.abandon(left);
        workers.close();
        names.close();
        files.close();
        foreignFiles.close();
        List<String> leftOpen = sockets.close();
        poller.close();
        endRunner();
        carrier.close();
        intake.moveTo(ready);
        for (Object left; (left = ready.peek()) != null; ready.drop()) {
            if (left instanceof Runnable continuation) carrier.abandon(continuation);
        }
        for (String socket : leftOpen)
            debugMode.sink.accept("unclosed " + socket + ": closed with its loop");
    }

    private void endChildren() {
        for (ChildProcess child : List.copyOf(children)) {
            if (child.abandon())
                report(ExceptionContext.of("child process was killed, as its loop is closed",
                        null).withSource(child));
        }
    }

    /// Has [#close()] say nothing of `task`.
    void abandon(Task<?> task) {
        abandoned = new HashSet<>(abandoned);
        abandoned.add(task);
    }

    private void endRunner() {
        CallRunner idle = runner;
        runner = null;
        if (idle == null || idle.continuation == null) return;
        idle.begin();
        carrier.makeReady(idle);
        if (ready.peek() instanceof Runnable continuation) carrier.abandon(continuation);
        ready.clear();
    }

    // ---- Callbacks and timers

    /// Has `callback` called in the next turn, after what was scheduled before it.
    ///
    /// **Errors**: IllegalStateException if the loop is closed.
    public Handle callSoon(Runnable callback) {
        return callSoonIn(Context.capture(), callback);
    }

    /// The same, with the call made in `context` instead of a copy of the caller's.
    public Handle callSoon(Runnable callback, Context context) {
        return callSoonIn(Objects.requireNonNull(context, "context"), callback);
    }

    Handle callSoonIn(@Nullable Context context, Runnable callback) {
        if (!carrier.isCurrent()) beforeRun("callSoon");
        checkOpen();
        Handle handle = new Handle(noted(callback), context);
        ready.add(handle);
        return handle;
    }

    /// What was given from any thread while the loop does not run stands before what follows.
    void beforeRun(String method) {
        checkThread(method);
        intake.moveTo(ready);
    }

    /// [#callSoon] from any thread: wakes the loop if it sleeps. Calls of one thread are made
    /// in the order they were given, the loop's own thread included.
    ///
    /// **Errors**: IllegalStateException if the loop is closed.
    @AnyThread
    public ThreadSafeHandle callSoonThreadsafe(Runnable callback) {
        return callSoonThreadsafeIn(Context.capture(), callback);
    }

    /// The same, with the call made in `context` instead of a copy of the caller's.
    @AnyThread
    public ThreadSafeHandle callSoonThreadsafe(Runnable callback, Context context) {
        return callSoonThreadsafeIn(Objects.requireNonNull(context, "context"), callback);
    }

    private ThreadSafeHandle callSoonThreadsafeIn(@Nullable Context context, Runnable callback) {
        checkOpen();
        ThreadSafeHandle handle = new ThreadSafeHandle(noted(callback), context);
        arriveInOrder(handle);
        return handle;
    }

    /// Has `callback` called once `delay` has passed; at once, in the next turn, if it is zero
    /// or negative.
    public TimerHandle callLater(Duration delay, Runnable callback) {
        return callAtNanos(later(nanos(delay)), callback, "callLater", Context.capture());
    }

    /// The same, with the call made in `context` instead of a copy of the caller's.
    public TimerHandle callLater(Duration delay, Runnable callback, Context context) {
        return callAtNanos(later(nanos(delay)), callback, "callLater",
                Objects.requireNonNull(context, "context"));
    }

    /// Has `callback` called at `when`, in nanoseconds of [#time()]. Calls due at the same time
    /// are made in the order they were scheduled.
    ///
    /// **Unlike asyncio**: never early; asyncio's may be, by the resolution of the clock.
    public TimerHandle callAt(long when, Runnable callback) {
        return callAtNanos(when, callback, "callAt", Context.capture());
    }

    /// The same, with the call made in `context` instead of a copy of the caller's.
    public TimerHandle callAt(long when, Runnable callback, Context context) {
        return callAtNanos(when, callback, "callAt", Objects.requireNonNull(context, "context"));
    }

    private TimerHandle callAtNanos(
            long whenNanos, Runnable callback, String verb, @Nullable Context context) {
        checkThread(verb);
        checkOpen();
        return addTimer(whenNanos, callback, context);
    }

    /// A timer of our own.
    TimerHandle addTimer(long whenNanos, CarrierCall call) {
        return addTimer(whenNanos, call, null);
    }

    private TimerHandle addTimer(long whenNanos, Runnable callback, @Nullable Context context) {
        long rank = order.rank(nextSeq++);
        TimerHandle timer = new TimerHandle(timers, whenNanos, rank, noted(callback), context);
        timers.add(timer);
        return timer;
    }

    /// `callback`, which in debug mode notes where it was scheduled.
    private Runnable noted(Runnable callback) {
        return debug ? DebugMode.traced(Objects.requireNonNull(callback, "callback")) : callback;
    }

    /// The time so many nanoseconds from now.
    long later(long delayNanos) {
        return clock.nanos() + Math.min(delayNanos, CENTURY_NANOS);
    }

    /// A duration in nanoseconds, at most a century either way.
    static long nanos(Duration duration) {
        try {
            return Math.clamp(duration.toNanos(), -CENTURY_NANOS, CENTURY_NANOS);
        } catch (ArithmeticException _) {
            return duration.isNegative() ? -CENTURY_NANOS : CENTURY_NANOS;
        }
    }

    /// The loop's monotonic clock: nanoseconds since an arbitrary instant, read anew each time.
    @AnyThread
    public long time() {
        return clock.nanos();
    }

    /// How many timers are armed.
    public int timerCount() {
        return timers.size();
    }

    // ---- Futures and tasks

    /// A pending future of this loop.
    public <T> Future<T> createFuture() {
        return new Future<>(this);
    }

    /// Schedules `coroutine` as a task: its first step is in the next turn.
    ///
    /// **Errors**: IllegalStateException if the loop is closed.
    public <T> Task<T> createTask(Coroutine<T> coroutine) {
        return createTask(coroutine, TaskOptions.DEFAULT);
    }

    public <T> Task<T> createTask(Coroutine<T> coroutine, TaskOptions options) {
        TaskFactory factory = taskFactory;
        return factory == null ? new Task<>(this, coroutine, options)
                : factory.create(this, coroutine, options);
    }

    public Task<Void> createTask(VoidCoroutine coroutine) {
        return createTask(coroutine.returningNull());
    }

    /// Has [#createTask] make its tasks by `factory`; null for the usual ones.
    public void setTaskFactory(@Nullable TaskFactory factory) {
        taskFactory = factory;
    }

    public @Nullable TaskFactory getTaskFactory() {
        return taskFactory;
    }

    // ---- Executors

    /// Has `job` carried out by `executor`, or by the default one if it is null: a pool of up
    /// to 32 platform threads, made when first needed. Cancelling the future calls off a job
    /// that has not begun.
    ///
    /// An executor that refuses the job, or has no thread for it, fails the future.
    ///
    /// **Errors**: IllegalStateException if the loop is closed, or if the default executor is
    /// to be used and was shut down.
    public <T> Future<T> runInExecutor(@Nullable Executor executor, Callable<T> job) {
        return runInExecutor(executor, job, UnaryOperator.identity());
    }

    /// The same with options, as
    /// `runInExecutor(null, job, o -> o.withInterruptOnCancel(true))`.
    public <T> Future<T> runInExecutor(@Nullable Executor executor, Callable<T> job,
            UnaryOperator<JobOptions> options) {
        checkThread("runInExecutor");
        checkOpen();
        return workers.run(executor, job, options.apply(JobOptions.DEFAULT));
    }

    /// [#callSoonThreadsafe]: the loop as an executor, for the many libraries that take one.
    ///
    /// **Errors**: RejectedExecutionException if the loop is closed.
    @AnyThread
    @Override
    public void execute(Runnable command) {
        try {
            callSoonThreadsafe(command);
        } catch (IllegalStateException e) {
            throw new RejectedExecutionException("event loop is closed", e);
        }
    }

    /// Has `executor` carry out the jobs that name none, from now on; shutting the default
    /// executor down then shuts it down.
    public void setDefaultExecutor(ExecutorService executor) {
        checkThread("setDefaultExecutor");
        workers.setDefault(executor);
    }

    /// Shuts the default executor down and waits until its jobs are over, at most `timeout`;
    /// null waits for as long as it takes. Called in a coroutine.
    public void shutdownDefaultExecutor(@Nullable Duration timeout) {
        workers.shutdownDefault(timeout);
    }

    /// Closes all asynchronous generators of this loop that are not over, at the same time, and
    /// waits for that. Called in a coroutine. What they throw is told to the exception handler,
    /// with the generator as source. One that is begun later is warned of.
    public void shutdownAsyncgens() {
        checkThread("shutdownAsyncgens");
        checkOpen();
        generators.shutDown();
    }

    // ---- Files: what those of jloop.io are written on

    /// `operation`, to be carried out by the poller if that has files of its own, else by a
    /// thread of the loop's file pool: 16 at most, made when first needed, for nothing else.
    public <T> FileJob<T> fileJob(FileOperation<T> operation) {
        return new FileJob<>(files, operation);
    }

    /// `count` bytes of `file` from `position` on, if they are in memory, as
    /// [OpenFile#readNow]; null if a job has to read them. Called in a coroutine.
    ///
    /// **Cancellation**: throws if the task is to be cancelled, as if it had waited.
    public @Nullable ByteBuffer readNow(OpenFile file, long position, int count) {
        Task.running(this, "a file operation").checkpoint();
        return file.readNow(position, count);
    }

    // ---- Names

    /// The addresses of `host` with `port`, at least one; null or an empty host is this
    /// machine. An address stays what it is, the scope of IPv6 (`fe80::1%eth0`) included, and
    /// is had at once. A name is looked up in a thread of a small pool; lookups of the same
    /// name that are under way at the same time are one.
    ///
    /// **Errors**: UnknownHostException.
    /// **Cancellation**: takes effect at once; whoever else asks for the name goes on.
    /// **Unlike asyncio**: the default executor takes no part. Names are looked up by
    /// [java.net.InetAddress], which keeps answers for 30 seconds (the security property
    /// `networkaddress.cache.ttl`) and has IPv4 first, unless the system property
    /// `java.net.preferIPv6Addresses` is `true` or `system`.
    public List<InetSocketAddress> getaddrinfo(@Nullable String host, int port)
            throws IOException {
        return getaddrinfo(host, port, UnaryOperator.identity());
    }

    /// The same with options, as `getaddrinfo("example.org", 80, o -> o.withFamily(INET6))`.
    public List<InetSocketAddress> getaddrinfo(@Nullable String host, int port,
            UnaryOperator<AddressOptions> options) throws IOException {
        checkThread("getaddrinfo");
        checkOpen();
        return names.addresses(host, port, options.apply(AddressOptions.DEFAULT));
    }

    /// The name of the host with `address`, or the address as a text if it has none. Looked up
    /// as by [#getaddrinfo].
    ///
    /// **Errors**: IllegalArgumentException if the address is not resolved.
    /// **Unlike asyncio**: without the name of the service, of which Java has no table.
    public String getnameinfo(InetSocketAddress address) throws IOException {
        return getnameinfo(address, UnaryOperator.identity());
    }

    /// The same with options, as `getnameinfo(peer, o -> o.withNameRequired(true))`.
    ///
    /// **Errors**: UnknownHostException if a name is required and there is none.
    public String getnameinfo(InetSocketAddress address, UnaryOperator<NameOptions> options)
            throws IOException {
        checkThread("getnameinfo");
        checkOpen();
        return names.nameOf(address, options.apply(NameOptions.DEFAULT));
    }

    /// Has names looked up by `resolver` from now on, those of [Asyncio#openConnection] and its
    /// like included.
    public void setResolver(Resolver resolver) {
        checkThread("setResolver");
        names.resolver = Objects.requireNonNull(resolver, "resolver");
    }

    /// What names are looked up by; at first the resolver of the JDK.
    public Resolver getResolver() {
        return names.resolver;
    }

    // ---- Sockets: what the streams of jloop.io are written on

    /// Waits for a connection to a listening socket, and returns it.
    ///
    /// **Cancellation**: no connection is lost; the next accept gets it.
    public Socket sockAccept(Socket listener) throws IOException {
        return mine(listener).accept();
    }

    /// Connects `socket` to `address`, which must be resolved.
    ///
    /// **Errors**: ConnectException if refused. **Cancellation**: close the socket.
    public void sockConnect(Socket socket, SocketAddress address) throws IOException {
        mine(socket).connect(address);
    }

    /// Waits for bytes, at most `maxBytes` of them and at most 64 KiB; an empty array at the
    /// end of the stream.
    ///
    /// **Errors**: IllegalStateException if another task receives from it; IOException, as
    /// [ConnectionResetException], or [DatagramTruncatedException] if it is a socket of
    /// datagrams and one had more bytes. **Cancellation**: nothing is lost, what comes is
    /// received next.
    public byte[] sockRecv(Socket socket, int maxBytes) throws IOException {
        return mine(socket).receive(maxBytes);
    }

    /// Waits for bytes and receives them straight into `buffer`. Returns how many, 1 to
    /// `length`; 0 at the end of the stream. Otherwise as [#sockRecv].
    ///
    /// `buffer` is written to just before this returns, never while it waits: all that receive
    /// on this loop may share one.
    public int sockRecvInto(Socket socket, byte[] buffer, int offset, int length)
            throws IOException {
        return mine(socket).receive(buffer, offset, length);
    }

    /// Sends all of `bytes`, waiting as often as need be.
    ///
    /// **Errors**: IOException, as [BrokenPipeException]: how much the system had taken before,
    /// [Socket#sentBytes()] tells. **Cancellation**: a part may have been sent;
    /// [CancelledError#bytesSent()] tells how much.
    /// **Unlike asyncio**: where nobody knows.
    public void sockSendall(Socket socket, byte[] bytes) throws IOException {
        mine(socket).sendAll(bytes, 0, bytes.length);
    }

    /// [#sockSendall] of `length` bytes from `offset`.
    public void sockSendall(Socket socket, byte[] bytes, int offset, int length)
            throws IOException {
        mine(socket).sendAll(bytes, offset, length);
    }

    /// Sends all of `file`, from its beginning. Otherwise as
    /// [#sockSendfile(Socket, FileChannel, UnaryOperator)].
    public long sockSendfile(Socket socket, FileChannel file) throws IOException {
        return sockSendfile(socket, file, UnaryOperator.identity());
    }

    /// Sends a part of `file`, as `sockSendfile(socket, file, o -> o.withOffset(10))`, and
    /// returns how many bytes that was. The system does it by itself where it can: here by
    /// java.nio, by a path also on epoll. Elsewhere blocks are read in the default executor and
    /// sent. The position of the file is behind the last byte that was sent, whatever ends it.
    ///
    /// **Errors**: IllegalArgumentException if it is a socket of datagrams;
    /// [SendfileNotAvailableException] if it can only be read and written, and that is not
    /// allowed; IllegalStateException if another task sends; IOException.
    /// **Cancellation**: a part may have been sent; the position of the file tells, and
    /// [CancelledError#bytesSent()].
    public long sockSendfile(Socket socket, FileChannel file,
            UnaryOperator<SendfileOptions> options) throws IOException {
        return outgoing(socket, options).send(file);
    }

    /// Sends all of the file at `path`. Otherwise as
    /// [#sockSendfile(Socket, Path, UnaryOperator)].
    public long sockSendfile(Socket socket, Path path) throws IOException {
        return sockSendfile(socket, path, UnaryOperator.identity());
    }

    /// Sends a part of the file at `path`, as
    /// [#sockSendfile(Socket, FileChannel, UnaryOperator)] does.
    ///
    /// **Errors**: also NoSuchFileException, and IllegalArgumentException if it is not a
    /// regular file.
    public long sockSendfile(Socket socket, Path path, UnaryOperator<SendfileOptions> options)
            throws IOException {
        return outgoing(socket, options).send(path);
    }

    private OutgoingFile outgoing(Socket socket, UnaryOperator<SendfileOptions> options) {
        return new OutgoingFile(mine(socket), options.apply(SendfileOptions.DEFAULT));
    }

    /// Waits for a datagram, and returns it with the address of its sender. Of one that is
    /// longer than `maxBytes`, or than 256 KiB, the end is lost, and it says so
    /// ([Datagram#isTruncated()]).
    ///
    /// **Errors**: IllegalArgumentException if it is a stream socket; IllegalStateException if
    /// another task receives from it; ConnectException if it is connected and its peer's system
    /// said that nobody is there. The socket stays open.
    /// **Cancellation**: nothing is lost, what comes is received next.
    public Datagram sockRecvfrom(Socket socket, int maxBytes) throws IOException {
        return mine(socket).receiveFrom(maxBytes);
    }

    /// Waits for a datagram and receives it into what remains of `buffer`, whose position it
    /// moves. Returns the address of its sender. Otherwise as [#sockRecvfrom].
    ///
    /// `buffer` is written to just before this returns, never while it waits.
    ///
    /// **Errors**: also [DatagramTruncatedException] if the datagram has more bytes than there
    /// is room for; those that fit are in `buffer`. **Unlike asyncio**: which says nothing.
    public SocketAddress sockRecvfromInto(Socket socket, ByteBuffer buffer) throws IOException {
        return mine(socket).receiveFrom(buffer);
    }

    /// Sends `bytes` as one datagram to `address`, waiting for room if need be.
    ///
    /// **Errors**: IllegalArgumentException if it is a stream socket, or `address` is not
    /// resolved; IOException, as for a datagram that is too long (65,507 bytes over IPv4).
    /// **Cancellation**: it was sent or not.
    public void sockSendto(Socket socket, byte[] bytes, SocketAddress address)
            throws IOException {
        sockSendto(socket, bytes, 0, bytes.length, address);
    }

    /// [#sockSendto] of `length` bytes from `offset`. Null sends to whom the socket is
    /// connected to.
    public void sockSendto(Socket socket, byte[] bytes, int offset, int length,
            @Nullable SocketAddress address) throws IOException {
        mine(socket).sendTo(bytes, offset, length, address);
    }

    /// Has `callback` called in every turn in which `socket` is readable, in place of the
    /// callback it had.
    public void addReader(Socket socket, Runnable callback) {
        addReader(socket, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addReader(Socket socket, Runnable callback, Context context) {
        checkOpen();
        mine(socket).watch(Kind.READABLE, callback, context);
    }

    /// Ends [#addReader]. Returns false if there was no callback.
    public boolean removeReader(Socket socket) {
        return !closed && mine(socket).watch(Kind.READABLE, null, null);
    }

    /// Has `callback` called in every turn in which `socket` is writable, in place of the
    /// callback it had.
    public void addWriter(Socket socket, Runnable callback) {
        addWriter(socket, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addWriter(Socket socket, Runnable callback, Context context) {
        checkOpen();
        mine(socket).watch(Kind.WRITABLE, callback, context);
    }

    /// Ends [#addWriter]. Returns false if there was no callback.
    public boolean removeWriter(Socket socket) {
        return !closed && mine(socket).watch(Kind.WRITABLE, null, null);
    }

    /// Has `callback` called in every turn in which the open file with the number `fd` is
    /// readable, in place of the callback it had. The file stays the caller's, who removes the
    /// reader before closing it. For the poller epoll.
    ///
    /// {@snippet :
    /// loop.addReader(0, () -> { ... });      // standard input
    /// }
    ///
    /// **Errors**: IllegalArgumentException if there is no such file, or one that is always
    /// ready, as a regular file; IllegalStateException if it is one of the loop's own, or the
    /// loop is closed; UnsupportedOperationException with another poller.
    /// **As in asyncio**: a file that is closed all the same is forgotten: whatever gets its
    /// number next is not heard of. **Unlike asyncio**: the number can then be given again at
    /// once.
    public void addReader(int fd, Runnable callback) {
        addReader(fd, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addReader(int fd, Runnable callback, Context context) {
        foreignFiles("addReader").add(fd, Kind.READABLE, callback, context);
    }

    /// [#addReader(int, Runnable)] for a channel of java.nio in non-blocking mode. By epoll
    /// only if java lets it know the descriptor ([PipeEnd] says how).
    ///
    /// **Errors**: IllegalArgumentException if it is closed or in blocking mode.
    public void addReader(SelectableChannel channel, Runnable callback) {
        addReader(channel, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addReader(SelectableChannel channel, Runnable callback, Context context) {
        foreignFiles("addReader").add(channel, Kind.READABLE, callback, context);
    }

    /// Ends [#addReader(int, Runnable)]. Returns false if there was no callback.
    public boolean removeReader(int fd) {
        return foreignFiles("removeReader").remove(fd, Kind.READABLE);
    }

    /// Ends [#addReader(SelectableChannel, Runnable)]. Returns false if there was no callback.
    public boolean removeReader(SelectableChannel channel) {
        return foreignFiles("removeReader").remove(channel, Kind.READABLE);
    }

    /// Has `callback` called in every turn in which the open file with the number `fd` is
    /// writable. Otherwise as [#addReader(int, Runnable)].
    public void addWriter(int fd, Runnable callback) {
        addWriter(fd, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addWriter(int fd, Runnable callback, Context context) {
        foreignFiles("addWriter").add(fd, Kind.WRITABLE, callback, context);
    }

    /// [#addWriter(int, Runnable)] for a channel, as [#addReader(SelectableChannel, Runnable)].
    public void addWriter(SelectableChannel channel, Runnable callback) {
        addWriter(channel, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addWriter(SelectableChannel channel, Runnable callback, Context context) {
        foreignFiles("addWriter").add(channel, Kind.WRITABLE, callback, context);
    }

    /// Ends [#addWriter(int, Runnable)]. Returns false if there was no callback.
    public boolean removeWriter(int fd) {
        return foreignFiles("removeWriter").remove(fd, Kind.WRITABLE);
    }

    /// Ends [#addWriter(SelectableChannel, Runnable)]. Returns false if there was no callback.
    public boolean removeWriter(SelectableChannel channel) {
        return foreignFiles("removeWriter").remove(channel, Kind.WRITABLE);
    }

    private ForeignFiles foreignFiles(String method) {
        checkThread(method);
        return foreignFiles;
    }

    private Socket mine(Socket socket) {
        if (socket.loop != this)
            throw new IllegalArgumentException(socket + " belongs to another loop, " + socket.loop);
        checkThread("a socket call");
        return socket;
    }

    // ---- Signals

    /// Has `callback` called in a turn of this loop when the process gets `signal`, in place of
    /// the callback that this loop had for it, and of what the signal would do. Its name is
    /// that of the system, as `TERM` or `SIGTERM`.
    ///
    /// {@snippet :
    /// loop.addSignalHandler("HUP", () -> { ... });       // read the configuration again
    /// }
    ///
    /// Signals that come before the callback has begun are one call. All loops that have a
    /// callback for a signal are told, as are all [SignalReceiver]s. While anybody is,
    /// `INT` does not end [Asyncio#run], nor does `TERM`. What a callback throws is told to the
    /// exception handler.
    ///
    /// What the process was to ignore from its start (`nohup`, a background job of a script)
    /// the JVM goes on ignoring, if it is `HUP`, `INT` or `TERM`.
    ///
    /// **Errors**: IllegalArgumentException if there is no such signal, or if it cannot be
    /// caught: `KILL` and `STOP`, and what the JVM needs for itself, as `QUIT`, `SEGV` and
    /// `USR2`. IllegalStateException if the loop is closed. UnsupportedOperationException if
    /// this JVM is without the module `jdk.unsupported`; for `INT`, `TERM` and `HUP` also if it
    /// was started with `-Xrs`.
    /// **As in asyncio**: `add_signal_handler`. **Unlike asyncio**: for loops of all threads,
    /// as a JVM gives its main thread no part in signals.
    public void addSignalHandler(String signal, Runnable callback) {
        addSignalHandler(signal, callback, Context.copyContext());
    }

    /// The same, with the calls made in `context` instead of a copy of the caller's.
    public void addSignalHandler(String signal, Runnable callback, Context context) {
        signals("addSignalHandler").add(JdkSignals.named(signal), callback, context);
    }

    /// [#addSignalHandler(String, Runnable)] by the number that the signal has in this system,
    /// 15 for `TERM`.
    public void addSignalHandler(int signal, Runnable callback) {
        addSignalHandler(JdkSignals.numbered(signal), callback);
    }

    /// Ends [#addSignalHandler], also for signals whose callback has not begun. If nobody else
    /// hears of it, the signal does what it did before. Returns false if there was no callback.
    ///
    /// **Errors**: IllegalArgumentException if there is no such signal.
    public boolean removeSignalHandler(String signal) {
        checkThread("removeSignalHandler");
        return signals.remove(JdkSignals.named(signal));
    }

    /// [#removeSignalHandler(String)] by the number of the signal.
    public boolean removeSignalHandler(int signal) {
        return removeSignalHandler(JdkSignals.numbered(signal));
    }

    LoopSignals signals(String method) {
        checkThread(method);
        checkOpen();
        return signals;
    }

    // ---- Exceptions

    /// Has `handler` told of exceptions that reach nobody else; null for the default one, which
    /// logs them.
    public void setExceptionHandler(@Nullable BiConsumer<EventLoop, ExceptionContext> handler) {
        exceptionHandler = handler;
    }

    public @Nullable BiConsumer<EventLoop, ExceptionContext> getExceptionHandler() {
        return exceptionHandler;
    }

    /// Tells the exception handler. A handler that throws is told to the default one, and never
    /// ends the loop; [KeyboardInterrupt] and [SystemExit] pass.
    public void callExceptionHandler(ExceptionContext context) {
        checkThread("callExceptionHandler");
        report(context);
    }

    void report(ExceptionContext context) {
        BiConsumer<EventLoop, ExceptionContext> handler = exceptionHandler;
        try {
            if (handler == null) defaultExceptionHandler(context);
            else handleIn(context, handler);
        } catch (KeyboardInterrupt | SystemExit e) {
            throw e;
        } catch (Throwable e) {         // all else: a handler that fails must not fail the loop
            reportFailedHandler(handler == null ? "default exception handler" : "exception handler",
                    e, context);
        }
    }

    /// In the context of the task that it is about, else of the handle.
    private void handleIn(ExceptionContext context,
            BiConsumer<EventLoop, ExceptionContext> handler) {
        Future<?> future = context.future();
        Handle handle = context.handle();
        if (future instanceof Task<?> task)
            Context.runIn(task.getContext(), () -> handler.accept(this, context));
        else if (future == null && handle != null)
            Context.runIn(handle.getContext(), () -> handler.accept(this, context));
        else
            handler.accept(this, context);
    }

    private void reportFailedHandler(String which, Throwable e, ExceptionContext context) {
        try {
            defaultExceptionHandler(ExceptionContext.of("unhandled error in " + which, e)
                    .withSource(context));
        } catch (KeyboardInterrupt | SystemExit fatalError) {
            throw fatalError;
        } catch (Throwable _) {         // the log itself is broken: there is nobody left to tell
        }
    }

    /// Logs the context at level ERROR, to the logger `jloop`: the message, then what else is
    /// known by the alphabet of its names.
    public void defaultExceptionHandler(ExceptionContext context) {
        StringBuilder text = new StringBuilder(context.message());
        if (context.future() != null) text.append("\nfuture: ").append(context.future());
        if (context.handle() != null) text.append("\nhandle: ").append(context.handle());
        append(text, "handle created at", context.handleTraceback());
        if (context.source() != null) text.append("\nsource: ").append(context.source());
        append(text, "object created at", context.sourceTraceback());
        System.getLogger("jloop").log(Logger.Level.ERROR, text.toString(), context.exception());
    }

    private static void append(
            StringBuilder text, String title, @Nullable List<StackTraceElement> trace) {
        if (trace == null) return;
        text.append('\n').append(title).append(':');
        for (StackTraceElement frame : trace) text.append("\n\tat ").append(frame);
    }

    /// Reports from wherever: by a call if on the loop, else through the intake.
    @AnyThread
    void reportLater(ExceptionContext context) {
        if (!closed) arrive(new Handle(() -> report(context)));
    }

    /// Ends the run with `error`; what is ready stays so for the next run.
    void fatal(Throwable error) {
        fatal = error;
    }

    /// The same from any thread.
    @AnyThread
    void interruptRun(Throwable error) {
        arrive(new Handle((CarrierCall) () -> fatal(error)));
    }

    // ---- Watchdog

    /// Has the watchdog report a step of a task, or a callback, that takes `limit` or longer,
    /// while it still runs: a warning with its stack. Null for no watch over this loop. At
    /// first 100 ms, or what the system property `jloop.watchdog` says in milliseconds, 0 for
    /// off.
    ///
    /// The watchdog is a thread of its own. It also wakes the loop if it sleeps while calls
    /// from other threads wait for it.
    ///
    /// **Errors**: IllegalArgumentException if the limit is not positive.
    /// **Unlike asyncio**: on without debug mode, and it tells before the step is over.
    @AnyThread
    public void setWatchdogThreshold(@Nullable Duration limit) {
        if (limit != null && (limit.isZero() || limit.isNegative()))
            throw new IllegalArgumentException("the limit must be positive, not " + limit);
        watch.thresholdNanos = limit == null ? 0 : nanos(limit);
        if (isRunning()) Watchdog.see(this);
    }

    /// How long a step may take before the watchdog reports it; null if the watch is off.
    @AnyThread
    public @Nullable Duration getWatchdogThreshold() {
        return watch.isOn() ? Duration.ofNanos(watch.thresholdNanos) : null;
    }

    // ---- Cancellation

    /// How many cancellations were swallowed: a task ended normally though it had got a
    /// [CancelledError] that nobody undid ([Task#uncancel()]); or so did the body of a
    /// [CancelScope], or the place where it was told first threw twice more.
    ///
    /// In debug mode each is reported to the exception handler too, with the error that was
    /// swallowed.
    public long swallowedCancellations() {
        return swallowed;
    }

    void swallowed(CancelledError error, Task<?> task) {
        swallowed++;
        if (debug && !closed)
            reportLater(ExceptionContext.of("cancellation was swallowed", error).withFuture(task));
    }

    /// Has a task reported to the exception handler, with its stack, that has not ended so long
    /// after it was cancelled. Ten seconds if not set; null or zero for never.
    ///
    /// **Units**: time of the machine, whatever the clock of the loop is.
    public void setCleanupGuard(@Nullable Duration limit) {
        checkThread("setCleanupGuard");
        cancelledTasks.setLimit(limit == null ? 0 : Math.max(0, nanos(limit)));
    }

    /// Reports the tasks that are overdue at `nowNanos` of [Clock#SYSTEM].
    void checkCleanups(long nowNanos) {
        for (ExceptionContext overdue : cancelledTasks.takeOverdue(nowNanos))
            callExceptionHandler(overdue);
    }

    // ---- Order

    /// Decides what asyncio leaves open, as the property `jloop.order` does.
    void setOrder(Order chosen) {
        order = chosen;
    }

    /// `list` itself, or shuffled if the order is random: for what asyncio keeps in a set.
    <T> List<T> anyOrder(List<T> list) {
        return order.any(list);
    }

    // ---- Debug mode

    @AnyThread
    public boolean getDebug() {
        return debug;
    }

    public void setDebug(boolean enabled) {
        debug = enabled;
    }

    /// How long a callback, or a step of a task, may take before debug mode logs it. 100 ms at
    /// first.
    public Duration getSlowCallbackDuration() {
        return Duration.ofNanos(debugMode.slowNanos);
    }

    /// Has debug mode log what takes `atLeast` or longer, once it is over.
    ///
    /// **As in asyncio**: `slow_callback_duration`. [#setWatchdogThreshold] is for what may
    /// never be over.
    public void setSlowCallbackDuration(Duration atLeast) {
        debugMode.slowNanos = nanos(atLeast);
    }

    @AnyThread
    @Override
    public String toString() {
        return "<EventLoop running=" + isRunning() + " closed=" + closed + " debug=" + debug
                + order + ">";
    }

    /// How far this JVM lets loops reach into the JDK.
    @AnyThread
    public Level level() {
        return Carrier.level();
    }

    /// Which poller this loop has, and why, as `epoll (auto: measured to be the best)`. With
    /// `-Djloop.explain=true` the log says so of every new loop.
    @AnyThread
    public String pollerChoice() {
        return pollerChoice;
    }

    /// The sockets of this loop.
    Sockets sockets() {
        return sockets;
    }

    // ---- Rules

    /// Throws unless called on the loop; free to all while the loop does not run.
    void checkThread(String method) {
        if (!carrier.isCurrent() && runBy != null) throw wrongThread(method);
    }

    private WrongThreadException wrongThread(String method) {
        Thread owner = runBy;
        return new WrongThreadException(method + " was called on " + Thread.currentThread()
                + ", but the loop runs on " + (owner == null ? "none" : owner)
                + ": use callSoonThreadsafe or runCoroutineThreadsafe");
    }

    void checkOpen() {
        if (closed) throw new IllegalStateException("event loop is closed");
    }

    // ---- The turn

    /// One turn. The order of these lines is part of the contract.
    private void makeTurn() {
        if (isPollDue()) pollFor(sleepNanos(), false);
        intake.moveTo(ready);
        takeDueTimers();
        runBatch();
    }

    private boolean isPollDue() {
        return ready.isEmpty() || stopping || ready.taken() - polledAt >= POLL_EVERY
                || clock.nanos() - polledNanos > POLL_WITHIN_NANOS;
    }

    private void pollFor(long sleepNanos, boolean directly) {
        polledAt = ready.taken();
        long timeoutNanos = sleepNanos;
        if (timeoutNanos == 0) {
            carrier.poll(poller, 0);
        } else {
            asleep = true;
            // Somebody who added before `asleep` was set did not wake us: look once more.
            if (!intake.isEmpty()) timeoutNanos = 0;
            try {
                if (directly) poller.poll(timeoutNanos);
                else carrier.poll(poller, timeoutNanos);
            } finally {
                asleep = false;
            }
        }
        polledNanos = clock.nanos();
    }

    private long sleepNanos() {
        if (stopping || !ready.isEmpty()) return 0;
        TimerHandle next = timers.peek();
        if (next == null) return Poller.FOREVER;
        return Math.clamp(next.whenNanos - clock.nanos(), 0, MAX_SLEEP_NANOS);
    }

    /// Adds to the intake, and wakes the loop if it sleeps: once a sleep, not once a call.
    @AnyThread
    void arrive(Handle handle) {
        intake.add(handle);
        if (asleep && ASLEEP.compareAndSet(this, true, false)) poller.wake();
    }

    /// [#arrive], but on the loop the handle is ready at once, before what is added later.
    @AnyThread
    void arriveInOrder(Handle handle) {
        if (carrier.isCurrent()) ready.add(handle);
        else arrive(handle);
    }

    /// True if the intake holds calls. For the watchdog, which may see it a moment old.
    @AnyThread
    boolean hasArrivals() {
        return embedding == null && !intake.isEmpty();      // a guest is woken by its host
    }

    /// The runner that makes a call, or null if none does. For the watchdog.
    @AnyThread
    @Nullable Strand runningRunner() {
        CallRunner current = runner;
        return current != null && current.phase == Strand.Phase.RUNNING ? current : null;
    }

    private void takeDueTimers() {
        if (timers.peek() == null) return;
        long nowNanos = clock.nanos();
        for (TimerHandle due; (due = timers.takeDue(nowNanos)) != null; ) ready.add(due);
    }

    private void runBatch() {
        ready.beginBatch();
        while (ready.isInBatch() && fatal == null) {
            Object entry = ready.peek();
            if (entry instanceof Handle handle && !handle.isCarrierCall()) {
                runCalls();
            } else {
                ready.drop();
                if (entry instanceof Handle handle) handle.run();
                else if (entry instanceof Runnable continuation) {
                    if (debug) debugMode.step(continuation);
                    else resume(continuation);
                    if (debug && debugMode.hasNews()) runCalls();
                }
            }
        }
        ready.nothingRuns();
    }

    /// Has `continuation` run in this turn, before all that is ready; as a part of the first
    /// step of a task, if that is what runs, so before its creator goes on.
    void runNext(Runnable continuation) {
        if (!eager.isEmpty()) {
            eager.push(continuation);
            return;
        }
        ready.addFirst(continuation);
    }

    void resume(Runnable continuation) {
        carrier.resume(continuation);
        if (!eager.isEmpty()) makeEagerSteps();
    }

    /// Makes the first step of a task that starts eagerly, then goes on with its creator, which
    /// may start another one.
    private void makeEagerSteps() {
        do carrier.resume(eager.pop());
        while (!eager.isEmpty());
    }

    private void runCalls() {
        CallRunner current = runner;
        if (current == null) {
            current = new CallRunner(this);
            runner = current;
        }
        current.begin();
        carrier.runNow(current);
        if (!eager.isEmpty()) makeEagerSteps();
        if (current.isStuck() && runner == current) runner = null;
    }

    /// Makes the calls at the head of the queue, on `caller`. Returns false if the loop has
    /// given up on that runner meanwhile.
    boolean makeCalls(CallRunner caller) {
        if (debug && debugMode.hasNews()) debugMode.tell();
        while (runner == caller && ready.isInBatch() && fatal == null
                && ready.peek() instanceof Handle handle) {
            ready.drop();
            caller.making(handle);
            boolean isTimed = debug;
            Runnable call = isTimed ? handle.call() : null;
            long startNanos = isTimed ? clock.nanos() : 0;
            try {
                handle.run();
            } catch (KeyboardInterrupt | SystemExit e) {
                carrier.isCurrent();
                fatal(e);
            } catch (Throwable e) {     // all else is for the exception handler
                carrier.isCurrent();
                if (!closed) reportOfCall(handle, call, e);
            }
            if (!carrier.isCurrent()) return false;
            if (isTimed && runner == caller)
                debugMode.callEnded(handle, call, clock.nanos() - startNanos);
        }
        return runner == caller;
    }

    private void reportOfCall(Handle handle, @Nullable Runnable call, Throwable thrown) {
        try {
            report(ExceptionContext.of("exception in callback", thrown).withHandle(handle)
                    .withHandleTraceback(DebugMode.traceOf(call)));
        } catch (KeyboardInterrupt | SystemExit e) {
            fatal(e);
        }
    }

    private static final java.lang.invoke.VarHandle ASLEEP;

    static {
        try {
            ASLEEP = java.lang.invoke.MethodHandles.lookup()
                    .findVarHandle(EventLoop.class, "asleep", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}

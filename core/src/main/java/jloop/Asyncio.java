package jloop;

import java.io.IOException;
import java.io.PrintStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import jloop.io.BaseProtocol;
import jloop.io.ConnectOptions;
import jloop.io.Connection;
import jloop.io.ConnectionHandler;
import jloop.io.DatagramEndpoint;
import jloop.io.DatagramOptions;
import jloop.io.DatagramProtocol;
import jloop.io.DatagramStream;
import jloop.io.Datagrams;
import jloop.io.Pipes;
import jloop.io.Protocol;
import jloop.io.Server;
import jloop.io.ServerOptions;
import jloop.io.StreamPair;
import jloop.io.StreamReader;
import jloop.io.StreamWriter;
import jloop.io.Subprocess;
import jloop.io.SubprocessConnection;
import jloop.io.SubprocessOptions;
import jloop.io.SubprocessProtocol;
import jloop.io.Subprocesses;
import jloop.io.TlsOptions;
import jloop.io.Transport;
import jloop.io.Streams;
import jloop.io.Transports;
import jloop.poller.UnixName;
import org.jspecify.annotations.Nullable;

/// asyncio's functions, meant for `import static jloop.Asyncio.*`.
///
/// Those that wait (`sleep`, `waitFor`, `timeout`, `toThread`, `openConnection` ...) are called
/// in a coroutine, and are points where a cancelled task gets its [CancelledError].
public final class Asyncio {

    private Asyncio() { }

    // ---- Running

    /// Runs `main` on a new loop until it is done, and returns its result or throws what it
    /// threw. Then cancels the tasks that are left and waits for them, waits for the default
    /// executor, at most 5 minutes, and closes the loop: a [Runner] that is used once, with its
    /// rules for Ctrl-C.
    ///
    /// **Errors**: IllegalStateException if a loop runs in this thread.
    public static <T> T run(Coroutine<T> main) {
        return run(main, UnaryOperator.identity());
    }

    /// The same for a coroutine without a result.
    public static void run(VoidCoroutine main) {
        run(main.returningNull());
    }

    /// [#run] with options, as `run(main, o -> o.withDebug(true))`.
    public static <T> T run(Coroutine<T> main, UnaryOperator<RunOptions> options) {
        Runner runner = new Runner(options);
        try {
            return runner.run(main);
        } finally {
            runner.close();     // what ends the cleanup early outweighs what ended the run
        }
    }

    public static void run(VoidCoroutine main, UnaryOperator<RunOptions> options) {
        run(main.returningNull(), options);
    }

    /// The loop that runs the calling code.
    ///
    /// **Errors**: IllegalStateException if there is none.
    @AnyThread
    public static EventLoop getRunningLoop() {
        EventLoop loop = CurrentLoop.running();
        if (loop == null) throw new IllegalStateException("no running event loop");
        return loop;
    }

    /// The loop that runs the calling code, else the one set for this thread. The main thread
    /// makes one when it has none.
    ///
    /// **Errors**: IllegalStateException in another thread that has none.
    @AnyThread
    public static EventLoop getEventLoop() {
        EventLoop running = CurrentLoop.running();
        return running != null ? running : CurrentLoop.get();
    }

    /// Sets the loop of this thread, for [#getEventLoop()]; null for none.
    @AnyThread
    public static void setEventLoop(@Nullable EventLoop loop) {
        CurrentLoop.set(loop);
    }

    /// A new loop, which is not set for any thread.
    @AnyThread
    public static EventLoop newEventLoop() {
        return new EventLoop();
    }

    // ---- Tasks

    /// Schedules `coroutine` as a task of the running loop: its first step is in the next turn.
    /// The loop holds the task until it is done.
    ///
    /// **Errors**: IllegalStateException if no loop runs.
    public static <T> Task<T> createTask(Coroutine<T> coroutine) {
        return getRunningLoop().createTask(coroutine);
    }

    public static Task<Void> createTask(VoidCoroutine coroutine) {
        return getRunningLoop().createTask(coroutine);
    }

    /// [#createTask] with options, as `createTask(body, o -> o.withName("reader"))`.
    public static <T> Task<T> createTask(
            Coroutine<T> coroutine, UnaryOperator<TaskOptions> options) {
        return getRunningLoop().createTask(coroutine, options.apply(TaskOptions.DEFAULT));
    }

    public static Task<Void> createTask(
            VoidCoroutine coroutine, UnaryOperator<TaskOptions> options) {
        return createTask(coroutine.returningNull(), options);
    }

    /// A task for `coroutine` of the loop of this thread, which need not run yet.
    public static <T> Task<T> ensureFuture(Coroutine<T> coroutine) {
        return getEventLoop().createTask(coroutine);
    }

    public static Task<Void> ensureFuture(VoidCoroutine coroutine) {
        return getEventLoop().createTask(coroutine);
    }

    /// `future` itself.
    public static <T> Future<T> ensureFuture(Future<T> future) {
        return future;
    }

    /// The task that runs the calling code, or null in a callback.
    ///
    /// **Errors**: IllegalStateException if no loop runs.
    public static @Nullable Task<?> currentTask() {
        getRunningLoop();
        return Task.current();
    }

    /// The tasks of the running loop that are not done, oldest first.
    public static Set<Task<?>> allTasks() {
        return allTasks(getRunningLoop());
    }

    /// The tasks of `loop` that are not done, oldest first.
    public static Set<Task<?>> allTasks(EventLoop loop) {
        loop.checkThread("allTasks");
        return loop.tasks.snapshot();
    }

    /// Submits `coroutine` to `loop` from another thread. Cancelling what is returned cancels
    /// the task.
    ///
    /// **Errors**: IllegalStateException if the loop is closed, and from a wait for the result
    /// in a callback of that same loop, which could never end.
    @AnyThread
    public static <T> CompletableFuture<T> runCoroutineThreadsafe(
            Coroutine<T> coroutine, EventLoop loop) {
        CrossThreadResult<T> result = new CrossThreadResult<>(loop);
        loop.callSoonThreadsafe(() -> result.start(coroutine));
        return result;
    }

    @AnyThread
    public static CompletableFuture<Void> runCoroutineThreadsafe(
            VoidCoroutine coroutine, EventLoop loop) {
        return runCoroutineThreadsafe(coroutine.returningNull(), loop);
    }

    // ---- Eager tasks

    /// A task factory by which tasks start eagerly: createTask runs the coroutine at once, up
    /// to where it first waits, and only then returns. A task that never waits is done by then,
    /// and was never scheduled.
    ///
    /// The first step has its own current task and its own context. If it blocks in the JDK,
    /// createTask returns all the same. Outside of the loop's coroutines and callbacks, and
    /// while the loop does not run, tasks are scheduled as usual. `withEagerStart` decides for
    /// a single task, with this factory or without.
    ///
    /// **Errors**: from createTask: StackOverflowError once ten thousand tasks have started
    /// each other this way; KeyboardInterrupt and SystemExit thrown by the first step.
    /// **As in asyncio**: `eager_task_factory`, for `setTaskFactory`.
    @AnyThread
    public static TaskFactory eagerTaskFactory() {
        return EagerTaskFactory.DEFAULT;
    }

    /// [#eagerTaskFactory()] for tasks that `maker` makes: it is given options that ask for an
    /// eager start, if they do not say otherwise.
    @AnyThread
    public static TaskFactory createEagerTaskFactory(TaskFactory maker) {
        return new EagerTaskFactory(Objects.requireNonNull(maker, "maker"));
    }

    // ---- Waiting

    /// Lets `delay` pass. Zero or less lets everything run that is ready now, exactly once.
    public static void sleep(Duration delay) {
        EventLoop loop = getRunningLoop();
        Task<?> task = Task.running(loop, "sleep");
        long nanos = EventLoop.nanos(delay);
        if (nanos <= 0) {
            task.yieldOnce();
            return;
        }
        Future<Void> over = loop.createFuture();
        TimerHandle timer = loop.addTimer(loop.later(nanos), finishing(over));
        try {
            over.await();
        } finally {
            timer.cancel();
        }
    }

    @SuppressWarnings("NullAway")           // Void has no other value
    private static CarrierCall finishing(Future<Void> future) {
        return () -> {
            if (!future.done()) future.finishWith(null);
        };
    }

    /// Lets `delay` pass, then returns `result`.
    public static <T> T sleep(Duration delay, T result) {
        sleep(delay);
        return result;
    }

    /// The results of all `coroutines`, in the order given: each becomes a task that starts
    /// now. The first failure fails the whole, and the others run on.
    ///
    /// **Cancellation**: cancelling the future cancels all of them; it is over when the first
    /// of them ends by that.
    @SafeVarargs
    public static <T> Future<List<T>> gather(Coroutine<? extends T>... coroutines) {
        EventLoop loop = getEventLoop();
        List<Future<? extends T>> tasks = new ArrayList<>();
        for (Coroutine<? extends T> coroutine : coroutines) tasks.add(loop.createTask(coroutine));
        return gather(tasks);
    }

    /// [#gather] of coroutines without results.
    public static Future<List<Void>> gather(VoidCoroutine... coroutines) {
        EventLoop loop = getEventLoop();
        List<Future<Void>> tasks = new ArrayList<>();
        for (VoidCoroutine coroutine : coroutines) tasks.add(loop.createTask(coroutine));
        return gather(tasks);
    }

    /// [#gather] of futures and tasks.
    @SafeVarargs
    public static <T> Future<List<T>> gather(Future<? extends T>... futures) {
        List<Future<? extends T>> list = new ArrayList<>();
        for (Future<? extends T> future : futures) list.add(future);
        return gather(list);
    }

    /// [#gather] of futures and tasks. A future that stands in the list twice is one, its
    /// result stands there twice.
    ///
    /// **Errors**: IllegalArgumentException if they belong to different loops.
    public static <T> Future<List<T>> gather(List<? extends Future<? extends T>> futures) {
        return new Gathering<>(loopOf(futures), new ArrayList<>(futures), false);
    }

    /// [#gather] that waits for all of `futures` and gives what failed or was cancelled as its
    /// exception, among the results.
    ///
    /// **As in asyncio**: `gather(..., return_exceptions=True)`.
    public static Future<List<Object>> gatherReturningExceptions(
            List<? extends Future<?>> futures) {
        return new Gathering<>(loopOf(futures), new ArrayList<>(futures), true);
    }

    static EventLoop loopOf(List<? extends Future<?>> futures) {
        if (futures.isEmpty()) return getEventLoop();
        EventLoop loop = futures.getFirst().loop;
        for (Future<?> future : futures) {
            if (future.loop != loop)
                throw new IllegalArgumentException("the futures belong to different loops: "
                        + futures.getFirst() + " and " + future);
        }
        return loop;
    }

    /// Runs `body` in the calling task, for at most `limit`; null for as long as it takes. See
    /// [Timeout].
    ///
    /// **Errors**: TimeoutException if the limit ended it.
    public static <T> T timeout(@Nullable Duration limit, Coroutine<T> body)
            throws TimeoutException {
        return Timeout.in(limit).run(body);
    }

    public static void timeout(@Nullable Duration limit, VoidCoroutine body)
            throws TimeoutException {
        timeout(limit, body.returningNull());
    }

    /// Runs `coroutine` in the calling task, for at most `limit`; null for as long as it takes.
    /// A limit of zero or less never starts it.
    ///
    /// **Errors**: TimeoutException, once the coroutine has ended by its cancellation. If it
    /// ends with a result all the same, that is returned.
    public static <T> T waitFor(Coroutine<T> coroutine, @Nullable Duration limit)
            throws TimeoutException {
        if (isOver(limit)) return cancelled(getRunningLoop().createTask(coroutine));
        return timeout(limit, coroutine);
    }

    public static void waitFor(VoidCoroutine coroutine, @Nullable Duration limit)
            throws TimeoutException {
        waitFor(coroutine.returningNull(), limit);
    }

    /// Waits for `future`, for at most `limit`, and cancels it then. Otherwise as the other
    /// form.
    public static <T> T waitFor(Future<T> future, @Nullable Duration limit)
            throws TimeoutException {
        if (isOver(limit)) return cancelled(future);
        return timeout(limit, () -> future.await());
    }

    private static boolean isOver(@Nullable Duration limit) {
        return limit != null && EventLoop.nanos(limit) <= 0;
    }

    /// The result of `future` if it is done; else cancels it and waits until it has ended.
    @SuppressWarnings("NullAway")           // Void has no other value
    private static <T> T cancelled(Future<T> future) throws TimeoutException {
        if (future.done()) return future.result();
        Future<Void> ended = future.loop.createFuture();
        future.addDoneCallback(_ -> {
            if (!ended.done()) ended.setResult(null);
        });
        future.cancel();
        ended.await();
        try {
            return future.result();
        } catch (CancelledError e) {
            TimeoutException exception = new TimeoutException("the limit had passed already");
            exception.initCause(e);
            throw exception;
        }
    }

    /// A future of the result of `inner` that can be cancelled without cancelling `inner`. If
    /// `inner` fails after that, the exception handler is told.
    public static <T> Future<T> shield(Future<T> inner) {
        return inner.done() ? inner : Shield.of(inner);
    }

    /// [#shield] of a new task for `coroutine`.
    public static <T> Future<T> shield(Coroutine<T> coroutine) {
        return shield(ensureFuture(coroutine));
    }

    public static Future<Void> shield(VoidCoroutine coroutine) {
        return shield(ensureFuture(coroutine));
    }

    // ---- Threads

    /// Carries `job` out in the default executor, in a copy of the caller's context, and
    /// returns its result.
    ///
    /// **Cancellation**: a job that runs already runs on; its result is lost.
    public static <T> T toThread(Callable<T> job) {
        return toThread(job, UnaryOperator.identity());
    }

    /// The same with options, as `toThread(job, o -> o.withInterruptOnCancel(true))`.
    public static <T> T toThread(Callable<T> job, UnaryOperator<JobOptions> options) {
        Context context = Context.copyContext();
        return getRunningLoop().runInExecutor(null, () -> context.call(job), options).await();
    }

    public static void toThread(VoidCoroutine job, UnaryOperator<JobOptions> options) {
        toThread((Callable<Void>) job.returningNull()::run, options);
    }

    public static void toThread(VoidCoroutine job) {
        toThread((Callable<Void>) job.returningNull()::run);
    }

    /// Carries `call` out in another thread, for calls that would keep the loop from going on:
    /// of native code, of files by java.io or java.nio, of long computations. What parks a
    /// virtual thread (sockets of the JDK, locks, sleep) need not be moved.
    ///
    /// {@snippet :
    /// Image picture = blocking(() -> ImageIO.read(file));
    /// }
    ///
    /// It is [#toThread] by the word that says what it is for: in the default executor, so that
    /// files, which have threads of their own, never wait for it.
    ///
    /// **Cancellation**: as there, a call that is under way goes on; its result is lost.
    public static <T> T blocking(Callable<T> call) {
        return toThread(call);
    }

    /// The same for a call without a result.
    public static void blocking(VoidCoroutine call) {
        toThread(call);
    }

    /// [EventLoop#runInExecutor] of the running loop. The job runs in the context of the thread
    /// that carries it out.
    public static <T> Future<T> runInExecutor(@Nullable Executor executor, Callable<T> job) {
        return getRunningLoop().runInExecutor(executor, job);
    }

    public static <T> Future<T> runInExecutor(@Nullable Executor executor, Callable<T> job,
            UnaryOperator<JobOptions> options) {
        return getRunningLoop().runInExecutor(executor, job, options);
    }

    // ---- Streams

    /// Connects to `host` and `port` and returns the two directions of the connection. If the
    /// host has several addresses, they are tried in turn: see [ConnectOptions].
    ///
    /// **Errors**: UnknownHostException; ConnectException if refused. If several addresses
    /// have failed, with different messages, an IOException that has them all in its own, the
    /// first as its cause and the others as suppressed; a ConnectException if all are.
    /// **Cancellation**: undone, nothing stays open.
    public static StreamPair openConnection(String host, int port) throws IOException {
        return openConnection(host, port, UnaryOperator.identity());
    }

    public static StreamPair openConnection(
            String host, int port, UnaryOperator<ConnectOptions> options) throws IOException {
        return Streams.open(host, port, options.apply(ConnectOptions.DEFAULT));
    }

    /// [#openConnection(String, int)] for a socket that is connected already, which the streams
    /// take over ([Socket#detach]). Of the options `limitBytes` counts.
    ///
    /// **Errors**: IllegalArgumentException if it is not connected; IllegalStateException while
    /// somebody waits for it.
    public static StreamPair openConnection(
            Socket socket, UnaryOperator<ConnectOptions> options) throws IOException {
        return Streams.open(socket, options.apply(ConnectOptions.DEFAULT));
    }

    /// Listens on `host` (null or empty for all interfaces) and `port` (0 for any free one),
    /// and runs `handler` in a task of its own for each connection, which is closed when the
    /// handler returns.
    ///
    /// **Errors**: BindException, naming the address.
    public static Server startServer(ConnectionHandler handler, @Nullable String host, int port)
            throws IOException {
        return startServer(handler, host, port, UnaryOperator.identity());
    }

    public static Server startServer(ConnectionHandler handler, @Nullable String host, int port,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Streams.serve(handler, Collections.singletonList(host), port,
                options.apply(ServerOptions.DEFAULT));
    }

    /// [#startServer(ConnectionHandler, String, int)] on all `hosts`, which are looked up at
    /// the same time; an address that several have counts once. With port 0 each has a port of
    /// its own.
    ///
    /// If one cannot be bound, none is. Addresses that this machine does not have are left out,
    /// unless it has none of them.
    ///
    /// **Unlike asyncio**: the port comes first. A null in place of the host could otherwise
    /// mean either of the two.
    public static Server startServer(ConnectionHandler handler, int port, List<String> hosts,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Streams.serve(handler, hosts, port, options.apply(ServerOptions.DEFAULT));
    }

    /// The same on a socket that is bound, which is the server's from now on.
    public static Server startServer(ConnectionHandler handler, Socket bound,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Streams.serve(handler, bound, options.apply(ServerOptions.DEFAULT));
    }

    // ---- Unix streams

    /// Connects to the UNIX socket at `path` and returns the two directions of the connection.
    /// If its server has more connections waiting than it takes, waits for room.
    ///
    /// **Errors**: NoSuchFileException if nothing is there; ConnectException if nobody listens
    /// there. **Cancellation**: undone, nothing stays open.
    public static StreamPair openUnixConnection(Path path) throws IOException {
        return openUnixConnection(path, UnaryOperator.identity());
    }

    public static StreamPair openUnixConnection(Path path, UnaryOperator<ConnectOptions> options)
            throws IOException {
        return Streams.openUnix(
                UnixDomainSocketAddress.of(path), options.apply(ConnectOptions.DEFAULT));
    }

    /// [#openUnixConnection(Path)] to a name that is no file. Linux, by epoll.
    public static StreamPair openUnixConnection(
            UnixName name, UnaryOperator<ConnectOptions> options) throws IOException {
        return Streams.openUnix(name, options.apply(ConnectOptions.DEFAULT));
    }

    /// Listens at `path`, and runs `handler` in a task of its own for each connection, which is
    /// closed when the handler returns.
    ///
    /// The file that a UNIX socket has left there is removed first. The one made now has the
    /// permissions that the umask leaves, and is removed when the server is closed, unless
    /// another took its place ([ServerOptions#withCleanupSocket]).
    ///
    /// **Errors**: BindException, naming the path, if an open socket has it, or there is a file
    /// that is no socket; NoSuchFileException without the folder; SocketException if the path
    /// is too long (107 bytes; by java.nio less).
    /// **Unlike asyncio**: the path is not taken from a server that runs; see
    /// [Socket#bindPath]. Who wants that removes the file first.
    public static Server startUnixServer(ConnectionHandler handler, Path path)
            throws IOException {
        return startUnixServer(handler, path, UnaryOperator.identity());
    }

    public static Server startUnixServer(ConnectionHandler handler, Path path,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Streams.serveUnix(handler, UnixDomainSocketAddress.of(path),
                options.apply(ServerOptions.DEFAULT));
    }

    /// [#startUnixServer(ConnectionHandler, Path)] at a name that is no file. Linux, by epoll.
    ///
    /// **Errors**: BindException if the name is in use.
    public static Server startUnixServer(ConnectionHandler handler, UnixName name,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Streams.serveUnix(handler, name, options.apply(ServerOptions.DEFAULT));
    }

    // ---- Transports

    /// Connects to `host` and `port`, makes a protocol for the connection by `factory`, and
    /// returns it with its transport once it was told ([BaseProtocol#connectionMade]).
    ///
    /// **Errors**: as [#openConnection(String, int)]; what `factory` throws.
    /// **Cancellation**: undone, nothing stays open.
    public static <P extends BaseProtocol> Connection<P> createConnection(
            Supplier<P> factory, String host, int port) throws IOException {
        return createConnection(factory, host, port, UnaryOperator.identity());
    }

    public static <P extends BaseProtocol> Connection<P> createConnection(Supplier<P> factory,
            String host, int port, UnaryOperator<ConnectOptions> options) throws IOException {
        return Transports.connect(factory, host, port, options.apply(ConnectOptions.DEFAULT));
    }

    /// [#createConnection(Supplier, String, int)] for a socket that is connected already, which
    /// the transport takes over ([Socket#detach]).
    ///
    /// **Errors**: IllegalArgumentException if it is not connected; IllegalStateException while
    /// somebody waits for it.
    public static <P extends BaseProtocol> Connection<P> createConnection(
            Supplier<P> factory, Socket socket) throws IOException {
        return createConnection(factory, socket, UnaryOperator.identity());
    }

    public static <P extends BaseProtocol> Connection<P> createConnection(Supplier<P> factory,
            Socket socket, UnaryOperator<ConnectOptions> options) throws IOException {
        return Transports.take(factory, socket, options.apply(ConnectOptions.DEFAULT));
    }

    /// [#createConnection(Supplier, Socket)] for a socket that was accepted by whatever means.
    public static <P extends BaseProtocol> Connection<P> connectAcceptedSocket(
            Supplier<P> factory, Socket accepted) throws IOException {
        return Transports.takeAccepted(factory, accepted, null);
    }

    /// The same with TLS, of which this is the server's side.
    public static <P extends BaseProtocol> Connection<P> connectAcceptedSocket(
            Supplier<P> factory, Socket accepted, SSLContext context,
            UnaryOperator<TlsOptions> options) throws IOException {
        return Transports.takeAccepted(factory, accepted,
                options.apply(TlsOptions.DEFAULT.withContext(context)));
    }

    /// Goes on with TLS over `transport`: waits for the handshake, which `serverSide` answers,
    /// and tells `protocol` of the connection from then on; its
    /// [BaseProtocol#connectionMade] is not called again. Returns the transport to be used. A
    /// client has to say who it expects ([TlsOptions#withServerHostname]). A transport that is
    /// TLS already gets another one within. Who has [Transport#pauseReading()] called before
    /// loses nothing of a peer that has begun already.
    ///
    /// **Errors**: SSLException if no agreement is found, or the certificate of the peer is no
    /// good; [ConnectionResetException] if the peer goes; [ConnectionAbortedException] if it
    /// takes too long. The connection is closed then, as it is by a cancellation.
    /// IllegalArgumentException if the transport is of another kind than those made here;
    /// IllegalStateException if it is closing.
    public static Transport startTls(Transport transport, BaseProtocol protocol,
            SSLContext context, boolean serverSide, UnaryOperator<TlsOptions> options)
            throws IOException {
        return Transports.startTls(transport, protocol,
                options.apply(TlsOptions.DEFAULT.withContext(context)), serverSide);
    }

    /// Sends all of `file` by `transport`, from its beginning. Otherwise as
    /// [#sendfile(Transport, FileChannel, UnaryOperator)].
    public static long sendfile(Transport transport, FileChannel file) throws IOException {
        return sendfile(transport, file, UnaryOperator.identity());
    }

    /// Sends a part of `file` by `transport`, as
    /// `sendfile(transport, file, o -> o.withOffset(10).withCount(100L))`, and returns how many
    /// bytes that was: behind what was written before. Meanwhile nothing else can be written,
    /// and nothing is received. How it is done, its errors and what a cancellation leaves are
    /// as with [EventLoop#sockSendfile(Socket, FileChannel, UnaryOperator)]; over TLS it is
    /// always read and written, 16 KiB at a time.
    ///
    /// **Errors**: also IllegalStateException if the transport is closing or of another kind
    /// than those made here, and what ends the connection meanwhile, an IOException.
    public static long sendfile(Transport transport, FileChannel file,
            UnaryOperator<SendfileOptions> options) throws IOException {
        return Transports.sendfile(transport, file, options.apply(SendfileOptions.DEFAULT));
    }

    /// Sends all of the file at `path` by `transport`. Otherwise as
    /// [#sendfile(Transport, Path, UnaryOperator)].
    public static long sendfile(Transport transport, Path path) throws IOException {
        return sendfile(transport, path, UnaryOperator.identity());
    }

    /// Sends a part of the file at `path` by `transport`, which on epoll the system does by
    /// itself. Otherwise as [#sendfile(Transport, FileChannel, UnaryOperator)].
    ///
    /// **Errors**: also NoSuchFileException, and IllegalArgumentException if it is not a
    /// regular file.
    public static long sendfile(Transport transport, Path path,
            UnaryOperator<SendfileOptions> options) throws IOException {
        return Transports.sendfile(transport, path, options.apply(SendfileOptions.DEFAULT));
    }

    /// Listens on `host` (null or empty for all interfaces) and `port` (0 for any free one),
    /// and tells each connection to a protocol of its own, a [jloop.io.Protocol] or
    /// [jloop.io.BufferedProtocol] that `factory` makes.
    ///
    /// **Errors**: BindException, naming the address. What `factory` throws is told to the
    /// exception handler, and ends the connection.
    public static Server createServer(
            Supplier<? extends BaseProtocol> factory, @Nullable String host, int port)
            throws IOException {
        return createServer(factory, host, port, UnaryOperator.identity());
    }

    public static Server createServer(
            Supplier<? extends BaseProtocol> factory, @Nullable String host, int port,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Transports.serve(factory, Collections.singletonList(host), port,
                options.apply(ServerOptions.DEFAULT));
    }

    /// The same on all `hosts`, as [#startServer(ConnectionHandler, int, List, UnaryOperator)].
    public static Server createServer(Supplier<? extends BaseProtocol> factory, int port,
            List<String> hosts, UnaryOperator<ServerOptions> options) throws IOException {
        return Transports.serve(factory, hosts, port, options.apply(ServerOptions.DEFAULT));
    }

    /// The same on a socket that is bound, which is the server's from now on.
    public static Server createServer(Supplier<? extends BaseProtocol> factory, Socket bound,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Transports.serve(factory, bound, options.apply(ServerOptions.DEFAULT));
    }

    // ---- Unix transports

    /// [#createConnection(Supplier, String, int)] to the UNIX socket at `path`. For its errors
    /// see [#openUnixConnection(Path)].
    public static <P extends BaseProtocol> Connection<P> createUnixConnection(
            Supplier<P> factory, Path path) throws IOException {
        return createUnixConnection(factory, path, UnaryOperator.identity());
    }

    public static <P extends BaseProtocol> Connection<P> createUnixConnection(
            Supplier<P> factory, Path path, UnaryOperator<ConnectOptions> options)
            throws IOException {
        return Transports.connectUnix(factory, UnixDomainSocketAddress.of(path),
                options.apply(ConnectOptions.DEFAULT));
    }

    /// The same to a name that is no file. Linux, by epoll.
    public static <P extends BaseProtocol> Connection<P> createUnixConnection(
            Supplier<P> factory, UnixName name) throws IOException {
        return Transports.connectUnix(factory, name, ConnectOptions.DEFAULT);
    }

    /// [#createServer(Supplier, String, int)] at `path`. For the file, and for errors, see
    /// [#startUnixServer(ConnectionHandler, Path)].
    public static Server createUnixServer(Supplier<? extends BaseProtocol> factory, Path path)
            throws IOException {
        return createUnixServer(factory, path, UnaryOperator.identity());
    }

    public static Server createUnixServer(Supplier<? extends BaseProtocol> factory, Path path,
            UnaryOperator<ServerOptions> options) throws IOException {
        return Transports.serveUnix(factory, UnixDomainSocketAddress.of(path),
                options.apply(ServerOptions.DEFAULT));
    }

    /// The same at a name that is no file. Linux, by epoll.
    public static Server createUnixServer(Supplier<? extends BaseProtocol> factory,
            UnixName name, UnaryOperator<ServerOptions> options) throws IOException {
        return Transports.serveUnix(factory, name, options.apply(ServerOptions.DEFAULT));
    }

    // ---- Pipes

    /// Has a protocol that `factory` makes told of what comes by `end`, which is the
    /// transport's from now on. When the end of the stream has come, which a terminal whose
    /// other end is closed has too, the protocol is told of that and that the connection is
    /// over; what it answers does not matter.
    ///
    /// {@snippet :
    /// connectReadPipe(Lines::new, PipeEnd.stdin());
    /// }
    ///
    /// **Errors**: what `factory` throws; as [PipeEnd#forReading]. Of a failure to read the
    /// exception handler is told, and the protocol.
    /// **Cancellation**: undone, the end is closed.
    /// **As in asyncio**: `connect_read_pipe`. **Unlike asyncio**: the standard streams stay as
    /// they are ([PipeEnd#stdin()]).
    public static <P extends Protocol> Connection<P> connectReadPipe(
            Supplier<P> factory, PipeEnd end) throws IOException {
        return Pipes.connectRead(factory, end);
    }

    /// Has what is written to the transport sent to `end`, which is the transport's from now
    /// on. When whoever reads from it has gone, the connection is over: with a
    /// [BrokenPipeException] if anything was unsent, with null if not. A terminal, and a pipe
    /// by java.nio, tells that only when something is written.
    ///
    /// To write the end of the stream is to close the transport.
    ///
    /// **Errors**: what `factory` throws; as [PipeEnd#forWriting].
    /// **Cancellation**: undone, the end is closed.
    /// **As in asyncio**: `connect_write_pipe`. **Unlike asyncio**: what a socket sends to us
    /// is thrown away; there it counts as its end.
    public static <P extends BaseProtocol> Connection<P> connectWritePipe(
            Supplier<P> factory, PipeEnd end) throws IOException {
        return Pipes.connectWrite(factory, end);
    }

    /// The stream that comes by `end`, as [#connectReadPipe] for coroutines. `end` is closed
    /// when the stream has ended, or by [PipeEnd#close()] before.
    ///
    /// {@snippet :
    /// StreamReader in = openReadPipe(PipeEnd.stdin());
    /// for (byte[] line; (line = in.readline()).length > 0; ) ...
    /// }
    ///
    /// **Errors**: as [PipeEnd#forReading].
    public static StreamReader openReadPipe(PipeEnd end) throws IOException {
        return openReadPipe(end, 64 * 1024);
    }

    /// The same with lines of up to `limitBytes`.
    public static StreamReader openReadPipe(PipeEnd end, int limitBytes) throws IOException {
        return Pipes.openRead(end, limitBytes);
    }

    /// A stream to `end`, as [#connectWritePipe] for coroutines. It is closed by the writer.
    ///
    /// **Errors**: as [PipeEnd#forWriting].
    public static StreamWriter openWritePipe(PipeEnd end) throws IOException {
        return Pipes.openWrite(end);
    }

    // ---- Signals

    /// Hears of `signals` from now on: the receiver gives their names as they come, in place of
    /// what they would do.
    ///
    /// {@snippet :
    /// try (SignalReceiver signals = openSignalReceiver("HUP", "TERM")) {
    ///     for (String signal : signals) {
    ///         if (signal.equals("TERM")) break;
    ///         readConfiguration();
    ///     }
    /// }
    /// }
    ///
    /// **Errors**: as [EventLoop#addSignalHandler(String, Runnable)], and
    /// IllegalArgumentException if no signal is named; then none is heard of.
    /// **As in trio**: `open_signal_receiver`.
    public static SignalReceiver openSignalReceiver(String... signals) {
        return getRunningLoop().signals("openSignalReceiver").receiver(List.of(signals));
    }

    // ---- Subprocesses

    /// Starts a program as a child process, with its arguments: `createSubprocessExec("ls",
    /// "-l")`. Its standard streams are those of this process; with options they are files,
    /// pipes or nothing.
    ///
    /// {@snippet :
    /// try (var child = createSubprocessExec(List.of("date"),
    ///         o -> o.withStdout(Redirect.PIPE))) {
    ///     byte[] line = child.stdout().readline();
    /// }
    /// }
    ///
    /// **Errors**: NoSuchFileException if there is no such program or directory,
    /// AccessDeniedException, [ResourceShortageException] if there are no descriptors or
    /// processes left, else a FileSystemException; IllegalArgumentException for what no system
    /// can do; UnsupportedOperationException for what the poller of the loop cannot, and in
    /// virtual time for all of it.
    /// **Cancellation**: nothing was started.
    /// **As in asyncio**: `create_subprocess_exec`. **Unlike asyncio**: [Subprocess#await()]
    /// returns when the process has ended, whoever has its pipes.
    public static Subprocess createSubprocessExec(String... command) throws IOException {
        return createSubprocessExec(List.of(command), UnaryOperator.identity());
    }

    /// The same with options, as `o -> o.withStdout(Redirect.PIPE).withCwd(folder)`.
    public static Subprocess createSubprocessExec(
            List<String> command, UnaryOperator<SubprocessOptions> options) throws IOException {
        return Subprocesses.open(command, options.apply(SubprocessOptions.DEFAULT));
    }

    /// Has `/bin/sh` carry out `command`, as a child process. What comes from users must be
    /// quoted in it; [#createSubprocessExec] needs no quotes.
    public static Subprocess createSubprocessShell(String command) throws IOException {
        return createSubprocessShell(command, UnaryOperator.identity());
    }

    public static Subprocess createSubprocessShell(
            String command, UnaryOperator<SubprocessOptions> options) throws IOException {
        return createSubprocessExec(Subprocesses.shell(command), options);
    }

    /// Starts a program as a child process and makes a protocol for it by `factory`; returns
    /// when that was told ([SubprocessProtocol#connectionMade]). Its standard streams are
    /// pipes.
    ///
    /// **Errors**: what `factory` throws; as [#createSubprocessExec].
    /// **Cancellation**: nothing was started, or it is killed and reaped before this throws.
    /// **As in asyncio**: `loop.subprocess_exec`.
    public static <P extends SubprocessProtocol> SubprocessConnection<P> subprocessExec(
            Supplier<P> factory, String... command) throws IOException {
        return subprocessExec(factory, List.of(command), UnaryOperator.identity());
    }

    public static <P extends SubprocessProtocol> SubprocessConnection<P> subprocessExec(
            Supplier<P> factory, List<String> command, UnaryOperator<SubprocessOptions> options)
            throws IOException {
        return Subprocesses.connect(factory, command, options.apply(SubprocessOptions.PIPES));
    }

    /// Has `/bin/sh` carry out `command`, otherwise as [#subprocessExec].
    public static <P extends SubprocessProtocol> SubprocessConnection<P> subprocessShell(
            Supplier<P> factory, String command) throws IOException {
        return subprocessShell(factory, command, UnaryOperator.identity());
    }

    public static <P extends SubprocessProtocol> SubprocessConnection<P> subprocessShell(
            Supplier<P> factory, String command, UnaryOperator<SubprocessOptions> options)
            throws IOException {
        return subprocessExec(factory, Subprocesses.shell(command), options);
    }

    // ---- Datagrams

    /// Opens an endpoint of datagrams, makes a protocol for it by `factory`, and returns it
    /// with its transport once it was told ([DatagramProtocol#connectionMade]).
    ///
    /// {@snippet :
    /// createDatagramEndpoint(Echo::new, o -> o.withLocalAddress("127.0.0.1", 9999));
    /// }
    ///
    /// With a remote address only that one is sent to and heard, unless broadcast is allowed.
    /// Names are resolved; of all families that both sides have the first is taken for which
    /// there is a socket. If a UNIX socket has left its file at the local path, that is removed
    /// first.
    ///
    /// **Errors**: IllegalArgumentException if nothing says which family to take, if the sides
    /// have none in common, or if a socket is given with anything else or is a stream socket;
    /// UnknownHostException; BindException, naming the address; what `factory` throws.
    /// UnsupportedOperationException for UNIX sockets by java.nio.
    /// **Cancellation**: undone, nothing stays open.
    /// **Unlike asyncio**: a path is not taken from a socket that is open
    /// ([Socket#bindPath]).
    public static <P extends DatagramProtocol> DatagramEndpoint<P> createDatagramEndpoint(
            Supplier<P> factory, UnaryOperator<DatagramOptions> options) throws IOException {
        return Datagrams.endpoint(factory, options.apply(DatagramOptions.DEFAULT));
    }

    /// The same for coroutines: [DatagramStream#receive()] waits for what comes.
    public static DatagramStream openDatagramStream(UnaryOperator<DatagramOptions> options)
            throws IOException {
        return Datagrams.stream(options.apply(DatagramOptions.DEFAULT));
    }

    // ---- Iteration

    /// Waits for `futures` until all are done, and says which are. Throws nothing that they
    /// failed with, and cancels nothing. Suspends once even if all are done. A future that is
    /// given twice counts once.
    ///
    /// Call it with its class, `Asyncio.wait(...)`: a static import does not reach the name, as
    /// each class has a `wait` of its own from Object.
    ///
    /// **Errors**: IllegalArgumentException if there are none, or if they belong to different
    /// loops.
    /// **Cancellation**: the futures go on.
    public static <F extends Future<?>> WaitResult<F> wait(Collection<? extends F> futures) {
        return wait(futures, UnaryOperator.identity());
    }

    /// [#wait] with options, as
    /// `Asyncio.wait(tasks, o -> o.withTimeout(limit).withReturnWhen(FIRST_COMPLETED))`. When
    /// the time is over it returns what there is.
    public static <F extends Future<?>> WaitResult<F> wait(
            Collection<? extends F> futures, UnaryOperator<WaitOptions> options) {
        return new Waiting<F>(futures, options.apply(WaitOptions.DEFAULT)).run();
    }

    /// `futures` in the order in which they end. A future that is given twice counts once.
    ///
    /// **Errors**: IllegalArgumentException if they belong to different loops.
    public static <T> AsCompleted<T> asCompleted(
            Collection<? extends Future<? extends T>> futures) {
        return asCompleted(futures, null);
    }

    /// [#asCompleted] that gives up after `timeout` from now: each item that is left then
    /// throws TimeoutException. Null for no limit.
    @SuppressWarnings("unchecked")      // nobody sets the result of a future given here
    public static <T> AsCompleted<T> asCompleted(
            Collection<? extends Future<? extends T>> futures, @Nullable Duration timeout) {
        List<Future<T>> given = new ArrayList<>();
        for (Future<? extends T> future : futures) given.add((Future<T>) future);
        return new AsCompleted<>(loopOf(given), given, timeout);
    }

    /// [#asCompleted] of futures and tasks.
    @SafeVarargs
    public static <T> AsCompleted<T> asCompleted(Future<? extends T>... futures) {
        List<Future<? extends T>> given = new ArrayList<>();
        for (Future<? extends T> future : futures) given.add(future);
        return asCompleted(given, null);
    }

    /// [#asCompleted] of new tasks for `coroutines`, which start in this order.
    @SafeVarargs
    public static <T> AsCompleted<T> asCompleted(Coroutine<? extends T>... coroutines) {
        Set<Coroutine<? extends T>> once = new LinkedHashSet<>();
        for (Coroutine<? extends T> coroutine : coroutines) once.add(coroutine);
        return asCompletedOf(once, null);
    }

    /// [#asCompleted] of new tasks for `coroutines`, which start in this order, for at most
    /// `timeout` from now. One that is given twice counts once.
    @SafeVarargs
    public static <T> AsCompleted<T> asCompleted(
            @Nullable Duration timeout, Coroutine<? extends T>... coroutines) {
        Set<Coroutine<? extends T>> once = new LinkedHashSet<>();
        for (Coroutine<? extends T> coroutine : coroutines) once.add(coroutine);
        return asCompletedOf(once, timeout);
    }

    private static <T> AsCompleted<T> asCompletedOf(
            Set<Coroutine<? extends T>> coroutines, @Nullable Duration timeout) {
        EventLoop loop = getEventLoop();
        List<Future<? extends T>> tasks = new ArrayList<>();
        for (Coroutine<? extends T> coroutine : loop.anyOrder(List.copyOf(coroutines)))
            tasks.add(loop.createTask(coroutine));
        return asCompleted(tasks, timeout);
    }

    /// [#asCompleted] of coroutines without results.
    public static AsCompleted<Void> asCompleted(VoidCoroutine... coroutines) {
        EventLoop loop = getEventLoop();
        Set<VoidCoroutine> once = new LinkedHashSet<>(List.of(coroutines));
        List<Future<Void>> tasks = new ArrayList<>();
        for (VoidCoroutine coroutine : loop.anyOrder(List.copyOf(once)))
            tasks.add(loop.createTask(coroutine));
        return asCompleted(tasks, null);
    }

    /// An asynchronous generator: `body` gives its items by `y.yield(item)`, and runs only
    /// while somebody asks for one. It begins when first asked. See [AsyncGenerator].
    public static <T> AsyncGenerator<T> generator(AsyncGenerator.Body<T> body) {
        return new AsyncGenerator<>(body);
    }

    // ---- Cancel scopes

    /// Runs `body` in the calling task, in a [CancelScope] that is cancelled after `limit`;
    /// null for never, zero or less at once. Returns true if the body came to its end, false if
    /// the cancellation ended it.
    ///
    /// **Unlike asyncio**: `timeout` throws a TimeoutException instead, and what it cancels may
    /// wait again.
    public static boolean moveOnAfter(@Nullable Duration limit, VoidCoroutine body) {
        return moveOnAfter(limit, _ -> body.run());
    }

    /// The same, for a body that wants its scope.
    public static boolean moveOnAfter(@Nullable Duration limit, CancelScope.Body body) {
        return CancelScope.open("moveOnAfter", deadline(limit), false, body);
    }

    /// [#moveOnAfter] with the deadline `when`, in nanoseconds of [EventLoop#time()].
    public static boolean moveOnAt(long when, VoidCoroutine body) {
        return moveOnAt(when, _ -> body.run());
    }

    public static boolean moveOnAt(long when, CancelScope.Body body) {
        return CancelScope.open("moveOnAt", when, false, body);
    }

    /// Runs `body` in the calling task, in a [CancelScope] that is cancelled after `limit`;
    /// null for never, zero or less at once.
    ///
    /// **Errors**: TimeoutException if the limit ended it.
    public static <T> T failAfter(@Nullable Duration limit, Coroutine<T> body)
            throws TimeoutException {
        List<T> result = new ArrayList<>(1);
        List<CancelScope> entered = new ArrayList<>(1);
        boolean ended = CancelScope.open("failAfter", deadline(limit), false, scope -> {
            entered.add(scope);
            result.add(body.run());
        });
        if (!ended) throw entered.getFirst().timedOut();
        return result.getFirst();
    }

    public static void failAfter(@Nullable Duration limit, VoidCoroutine body)
            throws TimeoutException {
        failAfter(limit, body.returningNull());
    }

    /// Runs `body` in the calling task, behind a shield: what is requested from outside
    /// meanwhile, the cancellation of the task included, counts from its end on. For cleanup
    /// that has to wait.
    public static <T> T shielded(Coroutine<T> body) {
        List<T> result = new ArrayList<>(1);
        CancelScope.open("shielded", CancelScope.NEVER, true, _ -> result.add(body.run()));
        return result.getFirst();
    }

    public static void shielded(VoidCoroutine body) {
        shielded(body.returningNull());
    }

    /// [#shielded] for at most `limit`. Returns true if the body came to its end, false if the
    /// limit ended it.
    public static boolean shielded(@Nullable Duration limit, VoidCoroutine body) {
        return CancelScope.open("shielded", deadline(limit), true, _ -> body.run());
    }

    /// [#timeout] with the deadline `when`, in nanoseconds of [EventLoop#time()].
    ///
    /// **Errors**: TimeoutException if the deadline ended it.
    public static <T> T timeoutAt(long when, Coroutine<T> body) throws TimeoutException {
        return Timeout.at(when).run(body);
    }

    public static void timeoutAt(long when, VoidCoroutine body) throws TimeoutException {
        timeoutAt(when, body.returningNull());
    }

    private static long deadline(@Nullable Duration limit) {
        return limit == null ? CancelScope.NEVER
                : getRunningLoop().later(EventLoop.nanos(limit));
    }

    // ---- Futures of the JDK

    /// A future, of the loop of this thread, that ends as `stage` does: with its result, with
    /// what it failed with (not wrapped), or cancelled. Cancelling it cancels the stage. A loop
    /// that is closed meanwhile is left alone.
    public static <T> Future<T> wrapFuture(CompletionStage<T> stage) {
        return ForeignFutures.of(getEventLoop(), stage);
    }

    /// [#wrapFuture(CompletionStage)] of the most common of them.
    public static <T> Future<T> wrapFuture(CompletableFuture<T> future) {
        return ForeignFutures.of(getEventLoop(), (CompletionStage<T>) future);
    }

    /// [#wrapFuture(CompletionStage)] of a future that can only be waited for: a virtual thread
    /// does that.
    public static <T> Future<T> wrapFuture(java.util.concurrent.Future<T> future) {
        return future instanceof CompletableFuture<T> completable
                ? wrapFuture(completable) : ForeignFutures.of(getEventLoop(), future);
    }

    /// `future` itself.
    public static <T> Future<T> wrapFuture(Future<T> future) {
        return future;
    }

    /// [#wrapFuture(CompletionStage)].
    public static <T> Future<T> ensureFuture(CompletionStage<T> stage) {
        return wrapFuture(stage);
    }

    // ---- The call graph

    /// Where the calling task stands, and who awaits it, and who awaits those; null in a
    /// callback.
    ///
    /// **Errors**: IllegalStateException if no loop runs.
    /// **As in asyncio**: `capture_call_graph`. Who awaits a `gather`, `wait`, `asCompleted`,
    /// `shield` or the end of a task group awaits all that is in it.
    /// **Unlike asyncio**: who has made a `gather` or `shield` and does not await it, is not
    /// shown. Cycles come to an end.
    public static @Nullable FutureCallGraph captureCallGraph() {
        return CallGraph.capture(null, CallGraphOptions.DEFAULT);
    }

    /// The same for `future`, which may be a task.
    ///
    /// **Errors**: WrongThreadException while its loop runs elsewhere. If it does not run, the
    /// method can be called from outside.
    public static FutureCallGraph captureCallGraph(Future<?> future) {
        return CallGraph.captureOf(future, CallGraphOptions.DEFAULT);
    }

    /// The same for `future`, or if that is null for the calling task, with options, as
    /// `captureCallGraph(task, o -> o.withLimit(3))`.
    ///
    /// **Unlike asyncio**: a positive limit keeps the innermost frames. That of asyncio 3.14
    /// keeps the outermost.
    public static @Nullable FutureCallGraph captureCallGraph(
            @Nullable Future<?> future, UnaryOperator<CallGraphOptions> options) {
        return CallGraph.capture(future, options.apply(CallGraphOptions.DEFAULT));
    }

    /// [#captureCallGraph()] as an indented tree, without a line end at its end. Empty in a
    /// callback.
    ///
    /// **Unlike asyncio**: a task that has several places in the tree is only named at all but
    /// the first.
    public static String formatCallGraph() {
        return formatCallGraph(null, UnaryOperator.identity());
    }

    /// [#captureCallGraph(Future)] as an indented tree.
    public static String formatCallGraph(Future<?> future) {
        return formatCallGraph(future, UnaryOperator.identity());
    }

    /// [#captureCallGraph(Future, UnaryOperator)] as an indented tree.
    public static String formatCallGraph(
            @Nullable Future<?> future, UnaryOperator<CallGraphOptions> options) {
        FutureCallGraph graph = captureCallGraph(future, options);
        return graph == null ? "" : CallGraph.format(graph);
    }

    /// Prints [#formatCallGraph()].
    public static void printCallGraph(PrintStream out) {
        out.println(formatCallGraph());
    }

    /// Prints [#formatCallGraph(Future)].
    public static void printCallGraph(Future<?> future, PrintStream out) {
        out.println(formatCallGraph(future));
    }

    /// Prints [#formatCallGraph(Future, UnaryOperator)].
    public static void printCallGraph(@Nullable Future<?> future, PrintStream out,
            UnaryOperator<CallGraphOptions> options) {
        out.println(formatCallGraph(future, options));
    }
}

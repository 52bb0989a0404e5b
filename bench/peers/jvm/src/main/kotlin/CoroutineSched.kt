import java.util.Random
import java.util.concurrent.Executors
import kotlin.concurrent.thread
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.EmptyCoroutineContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield

private suspend fun spawn() {
    var sum = 0L
    coroutineScope {
        repeat(Sched.SPAWNS) { number ->
            launch {
                yield()
                sum += number
            }
        }
    }
    Sched.check(sum, Sched.sumBelow(Sched.SPAWNS.toLong()))
}

private suspend fun yields() = coroutineScope {
    repeat(Sched.YIELDERS) {
        launch { repeat(Sched.YIELDS_EACH) { yield() } }
    }
}

private suspend fun pingpong() = coroutineScope {
    val there = Channel<Int>(Channel.UNLIMITED)
    val back = Channel<Int>(Channel.UNLIMITED)
    launch { repeat(Sched.PINGS) { back.send(there.receive() + 1) } }
    repeat(Sched.PINGS) {
        there.send(it)
        Sched.check(back.receive().toLong(), it + 1L)
    }
}

/** The odd half is cancelled at once. Undispatched: the delay begins as the coroutine is made. */
private suspend fun timers() = coroutineScope {
    val random = Random(1)
    var fired = 0
    val timers = Array(Sched.TIMERS) {
        launch(start = CoroutineStart.UNDISPATCHED) {
            delay(1L + random.nextInt(1000))
            fired++
        }
    }
    for (i in 1 until timers.size step 2) timers[i].cancel()
    for (timer in timers) timer.join()
    Sched.check(fired.toLong(), Sched.TIMERS / 2L)
}

private suspend fun threadsafe() {
    val dispatcher = currentCoroutineContext()[ContinuationInterceptor] as CoroutineDispatcher
    val done = CompletableDeferred<Unit>()
    var left = Sched.CALLS
    val call = Runnable { if (--left == 0) done.complete(Unit) }
    thread { repeat(Sched.CALLS) { dispatcher.dispatch(EmptyCoroutineContext, call) } }
    done.await()
}

private suspend fun parked() {
    val gate = CompletableDeferred<Unit>()
    var begun = 0
    coroutineScope {
        repeat(Sched.PARKED) {
            launch {
                begun++
                gate.await()
            }
        }
        while (begun < Sched.PARKED) yield()
        Sched.tellBytesEach()
        gate.complete(Unit)
    }
}

/**
 * `CoroutineSched sched CASE REPETITIONS blocking|single`: kotlinx.coroutines on one thread, which is
 * runBlocking's own event loop or that of a single-thread executor.
 */
object CoroutineSched {
    @JvmStatic
    fun main(args: Array<String>) {
        val executor = Executors.newSingleThreadExecutor()
        val context =
            if (args[3] == "single") executor.asCoroutineDispatcher() else EmptyCoroutineContext
        val cases = mapOf<String, suspend () -> Unit>(
            "spawn" to ::spawn,
            "yield" to ::yields,
            "pingpong" to ::pingpong,
            "timers" to ::timers,
            "threadsafe" to ::threadsafe,
            "parked" to ::parked,
        )
        Sched.run(args, cases.mapValues { (_, body) -> Sched.Case { runBlocking(context) { body() } } })
        executor.shutdown()
    }
}

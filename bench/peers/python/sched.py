"""sched.py sched CASE REPETITIONS LOOP: one line of JSON a repetition; LOOP: asyncio or uvloop."""

import asyncio
import gc
import json
import random
import resource
import sys
import threading
import time

_, case, repetitions, loop_name = sys.argv[1:]


async def spawn(n=1_000_000):
    total = 0

    async def add(i):
        nonlocal total
        await asyncio.sleep(0)
        total += i

    for task in [asyncio.create_task(add(i)) for i in range(n)]:
        await task
    assert total == n * (n - 1) // 2


async def yields(tasks=100, each=100_000):
    async def turn():
        for _ in range(each):
            await asyncio.sleep(0)

    await asyncio.gather(*[turn() for _ in range(tasks)])


async def pingpong(n=1_000_000):
    there, back = asyncio.Queue(), asyncio.Queue()

    async def answer():
        for _ in range(n):
            back.put_nowait(await there.get() + 1)

    async def ask():
        for i in range(n):
            there.put_nowait(i)
            assert await back.get() == i + 1

    await asyncio.gather(answer(), ask())


class Countdown:
    """A callback that ends the wait when it has run `left` times."""

    def __init__(self, left):
        self.left = left
        self.done = asyncio.get_running_loop().create_future()

    def __call__(self):
        self.left -= 1
        if self.left == 0:
            self.done.set_result(None)


async def timers(n=1_000_000):
    """Sets n timers within the next second and cancels every other one at once."""
    loop = asyncio.get_running_loop()
    fired = Countdown(n // 2)
    chance = random.Random(1)
    handles = [loop.call_later(chance.random(), fired) for _ in range(n)]
    for handle in handles[1::2]:
        handle.cancel()
    await fired.done


async def threadsafe(n=2_000_000):
    loop = asyncio.get_running_loop()
    called = Countdown(n)

    def call():
        for _ in range(n):
            loop.call_soon_threadsafe(called)

    thread = threading.Thread(target=call)
    thread.start()
    await called.done
    thread.join()


def resident():
    """Bytes, after a collection, the time of which does not count."""
    global uncounted
    start = time.perf_counter()
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    uncounted += time.perf_counter() - start
    return pages * resource.getpagesize()


async def parked(n=1_000_000):
    """Tasks that wait for one future."""
    future = asyncio.get_running_loop().create_future()

    async def wait():
        await future

    tasks = [asyncio.create_task(wait()) for _ in range(n)]
    await asyncio.sleep(0)  # they have begun
    more["bytesEach"] = (resident() - resident_before) // n
    future.set_result(None)
    for task in tasks:
        await task


CASES = {
    "spawn": spawn,
    "yield": yields,
    "pingpong": pingpong,
    "timers": timers,
    "threadsafe": threadsafe,
    "parked": parked,
}

factory = None
if loop_name == "uvloop":
    import uvloop

    factory = uvloop.new_event_loop
more = {}
uncounted = 0
resident_before = resident()
for repetition in range(int(repetitions)):
    with asyncio.Runner(loop_factory=factory) as runner:
        uncounted = 0
        start = time.perf_counter()
        runner.run(CASES[case]())
        seconds = time.perf_counter() - start - uncounted
    print(json.dumps({"case": case, "rep": repetition, "s": seconds, **more}), flush=True)

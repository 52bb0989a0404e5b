"""children.py sched CASE REPETITIONS LOOP: one line of JSON a repetition; LOOP: asyncio or uvloop."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE

_, case, repetitions, loop_name = sys.argv[1:]

AT_ONCE = 50
CHILDREN = 500
PIECE = bytes(62_500)
PIECES = 1600


async def cat():
    """100 MB through the pipes of a cat, both ways at once."""
    child = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)

    async def feed():
        for _ in range(PIECES):
            child.stdin.write(PIECE)
            await child.stdin.drain()
        child.stdin.close()

    async def take():
        taken = 0
        while data := await child.stdout.read(65536):
            taken += len(data)
        assert taken == PIECES * len(PIECE)

    await asyncio.gather(feed(), take())
    assert await child.wait() == 0


async def child():
    process = await asyncio.create_subprocess_exec("/bin/true")
    assert await process.wait() == 0


async def one_by_one():
    for _ in range(CHILDREN):
        await child()


async def at_once():
    for _ in range(CHILDREN // AT_ONCE):
        await asyncio.gather(*[child() for _ in range(AT_ONCE)])


CASES = {"cat": cat, "true": one_by_one, "true50": at_once}

factory = None
if loop_name == "uvloop":
    import uvloop

    factory = uvloop.new_event_loop
count = PIECES * len(PIECE) / 1e6 if case == "cat" else CHILDREN
for repetition in range(int(repetitions)):
    with asyncio.Runner(loop_factory=factory) as runner:
        start = time.perf_counter()
        runner.run(CASES[case]())
        seconds = time.perf_counter() - start
    print(json.dumps({"case": case, "rep": repetition, "s": seconds, "count": count}), flush=True)

"""A putter that is woken and cancelled in one step passes its place on."""
# fact: A 30, 15 cancel
import asyncio
from scenario import out, run


async def putter(queue, n):
    await queue.put(n)
    out("put", n)


async def main():
    queue = asyncio.Queue(1)
    queue.put_nowait(0)
    one = asyncio.create_task(putter(queue, 1))
    two = asyncio.create_task(putter(queue, 2))
    await asyncio.sleep(0)
    out(queue.get_nowait())
    one.cancel()
    await asyncio.wait([one, two])
    out(one.cancelled(), queue.get_nowait(), queue.qsize())


run(main)

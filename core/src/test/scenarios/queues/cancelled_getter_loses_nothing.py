"""A getter that is woken and cancelled in one step passes the item on."""
# fact: A 30, 15 cancel
import asyncio
from scenario import out, run


async def getter(queue, name):
    try:
        out(name, await queue.get())
    except asyncio.CancelledError:
        out(name, "cancelled")
        raise


async def main():
    queue = asyncio.Queue()
    one = asyncio.create_task(getter(queue, "one"))
    two = asyncio.create_task(getter(queue, "two"))
    await asyncio.sleep(0)
    queue.put_nowait("item")
    one.cancel()
    await asyncio.wait([one, two])
    out(one.cancelled(), two.cancelled(), queue.qsize())


run(main)

"""A shutdown wakes every getter and every putter."""
# fact: 15 shutdown, A 30
# since: 3.13
import asyncio
from scenario import out, run


async def attempt(name, coroutine):
    try:
        out(name, await coroutine)
    except asyncio.QueueShutDown as e:
        out(name, e)


async def main():
    empty, full = asyncio.Queue(), asyncio.Queue(1)
    full.put_nowait(0)
    tasks = [asyncio.create_task(attempt(f"get {n}", empty.get())) for n in (1, 2)]
    tasks += [asyncio.create_task(attempt(f"put {n}", full.put(n))) for n in (1, 2)]
    await asyncio.sleep(0)
    empty.shutdown()
    full.shutdown()
    await asyncio.gather(*tasks)
    out(full.get_nowait())


run(main)

"""put() waits for a place, and the putters go in order."""
# fact: 15 put
import asyncio
from scenario import out, run


async def putter(queue, n):
    await queue.put(n)
    out("put", n)


async def main():
    queue = asyncio.Queue(1)
    tasks = [asyncio.create_task(putter(queue, n)) for n in (1, 2, 3)]
    await asyncio.sleep(0)
    out(queue.full(), queue.qsize())
    for _ in range(3):
        out("got", await queue.get())
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)


run(main)

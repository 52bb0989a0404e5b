"""First in, first out; the last first; the smallest first."""
# fact: 15 order
import asyncio
from scenario import out, run


async def main():
    for kind in (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue):
        queue = kind()
        for n in (2, 3, 1):
            queue.put_nowait(n)
        out([await queue.get() for _ in range(3)])


run(main)

"""A waiter that is cancelled leaves, and does not break the barrier."""
# fact: 14 cancel one waiter
import asyncio
from scenario import out, run


async def main():
    barrier = asyncio.Barrier(2)
    task = asyncio.create_task(barrier.wait())
    await asyncio.sleep(0)
    out(barrier.n_waiting)
    task.cancel()
    await asyncio.wait([task])
    out(barrier.n_waiting, barrier.broken)
    out(sorted(await asyncio.gather(barrier.wait(), barrier.wait())))


run(main)

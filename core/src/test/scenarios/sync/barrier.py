"""The last to come lets all go; each has another index."""
# fact: 14 Barrier
import asyncio
from scenario import out, run


async def party(barrier, name):
    index = await barrier.wait()
    out(name)
    return index


async def main():
    barrier = asyncio.Barrier(3)
    tasks = [asyncio.create_task(party(barrier, n)) for n in ("a", "b")]
    await asyncio.sleep(0)
    out(barrier.n_waiting, barrier.parties, barrier.broken)
    tasks.append(asyncio.create_task(party(barrier, "c")))
    out(sorted(await asyncio.gather(*tasks)), barrier.n_waiting)


run(main)

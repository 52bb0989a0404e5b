"""An abort breaks the barrier for those who wait and who come, until it is reset."""
# fact: 14 abort, 14 reset
import asyncio
from scenario import out, run


async def party(barrier):
    try:
        await barrier.wait()
    except asyncio.BrokenBarrierError as e:
        out(e)


async def main():
    barrier = asyncio.Barrier(2)
    waiting = asyncio.create_task(party(barrier))
    await asyncio.sleep(0)
    await barrier.abort()
    out(barrier.broken)
    await waiting
    await party(barrier)
    await barrier.reset()
    out(barrier.broken)
    again = asyncio.create_task(party(barrier))
    await asyncio.sleep(0)
    await barrier.reset()
    await again
    out(barrier.broken, barrier.n_waiting)
    try:
        asyncio.Barrier(0)
    except ValueError as e:
        out(e)


run(main)

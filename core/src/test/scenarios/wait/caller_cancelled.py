"""Cancelling the caller of wait() leaves the tasks alone."""
# fact: 10 wait caller cancelled
import asyncio
from scenario import now, out, run


async def body(task):
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        out("cancelled", now())
        raise


async def main():
    task = asyncio.create_task(asyncio.sleep(5, "value"))
    waiter = asyncio.create_task(body(task))
    await asyncio.sleep(1)
    waiter.cancel()
    out(await task, now(), waiter.cancelled())


run(main)

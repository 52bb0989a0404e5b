"""Cancelling the shield leaves what it shields alone."""
# fact: 10 shield
import asyncio
from scenario import now, out, run


async def work():
    await asyncio.sleep(5)
    out("worked", now())
    return "result"


async def body(inner):
    try:
        await asyncio.shield(inner)
    except asyncio.CancelledError:
        out("cancelled", now())
        raise


async def main():
    inner = asyncio.create_task(work())
    task = asyncio.create_task(body(inner))
    await asyncio.sleep(1)
    task.cancel()
    out(await inner)
    out(task.cancelled())


run(main)

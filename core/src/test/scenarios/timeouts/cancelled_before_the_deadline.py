"""A cancel from outside before the deadline is a cancel."""
# fact: 11 outside cancel too
import asyncio
from scenario import now, out, run


async def body():
    async with asyncio.timeout(10):
        await asyncio.sleep(100)


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", now())


run(main)

"""Cancelled from outside after the deadline: the cancellation wins over the timeout."""
# fact: A 6, 11 outside cancel too
import asyncio
from scenario import out, run


async def body():
    async with asyncio.timeout(1):
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(5)
            out("never")


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(2)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", task.cancelling())


run(main)

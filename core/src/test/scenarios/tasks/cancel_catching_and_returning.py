"""A body that catches the CancelledError and returns has a result."""
# fact: 9.1.9
import asyncio
from scenario import out, run


async def body():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        return 12


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    task.cancel()
    out(await task, task.cancelled(), task.cancelling())


run(main)

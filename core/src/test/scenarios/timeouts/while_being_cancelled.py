"""A timeout entered in the cleanup of a cancelled task works: counts are relative."""
# fact: 11 entered while already being cancelled, B 6
import asyncio
from scenario import now, out, run


async def body():
    try:
        await asyncio.sleep(10)
    finally:
        try:
            async with asyncio.timeout(1):
                await asyncio.sleep(10)
        except TimeoutError:
            out("timeout", now(), asyncio.current_task().cancelling())


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", now())


run(main)

"""A sleeping task that is cancelled leaves no timer behind."""
# fact: 9.1.17
import asyncio
from scenario import now, out, run


async def main():
    task = asyncio.create_task(asyncio.sleep(1000))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    out(task.cancelled(), now())


run(main)

"""uncancel() of a task that has ended cancelled changes nothing but the count."""
# fact: 9.1.13
import asyncio
from scenario import out, run


async def main():
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    out(task.cancelled(), task.cancelling())
    out(task.uncancel())
    out(task.cancelled(), task.cancelling())


run(main)

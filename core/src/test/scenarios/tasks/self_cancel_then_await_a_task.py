"""A task that cancels itself and awaits another task cancels that one."""
# fact: A 4, 9.1.5
import asyncio
from scenario import out, run


async def inner():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        out("inner cancelled")
        raise


async def body(task):
    asyncio.current_task().cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("outer cancelled")


async def main():
    task = asyncio.create_task(inner())
    await asyncio.sleep(0)
    outer = asyncio.create_task(body(task))
    await outer
    out(task.cancelled(), outer.cancelled())


run(main)

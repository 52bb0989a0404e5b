"""A parent that cancels itself in the body: the children are cancelled, then the parent."""
# fact: 12 outside cancel
import asyncio
from scenario import out, run


async def child():
    try:
        await asyncio.sleep(100)
    finally:
        out("child ended")


async def parent():
    async with asyncio.TaskGroup() as group:
        group.create_task(child())
        await asyncio.sleep(0)
        asyncio.current_task().cancel()
    out("never")


async def main():
    task = asyncio.create_task(parent())
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", task.cancelling())


run(main)

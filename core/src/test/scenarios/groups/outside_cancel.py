"""Cancelling the parent cancels the children, and it waits for them all."""
# fact: 12 outside cancel of the parent
import asyncio
from scenario import now, out, run


async def child(name, cleanup):
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(cleanup)
        out(name, now())


async def parent():
    async with asyncio.TaskGroup() as group:
        group.create_task(child("one", 1))
        group.create_task(child("two", 2))


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", now(), task.cancelling())


run(main)

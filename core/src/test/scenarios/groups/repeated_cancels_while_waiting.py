"""Cancels while the group waits: it goes on waiting, and the children are cancelled once."""
# fact: 12 repeated outside cancels
import asyncio
from scenario import now, out, run


async def child():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        out("cancelled", now())
        await asyncio.sleep(5)
        out("clean", now())
        raise


async def parent():
    async with asyncio.TaskGroup() as group:
        group.create_task(child())


async def main():
    task = asyncio.create_task(parent())
    for _ in range(3):
        await asyncio.sleep(1)
        task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("parent", now(), task.cancelling())


run(main)

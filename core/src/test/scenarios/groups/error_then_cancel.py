"""The parent is cancelled from outside while the group aborts: the count stays, the cancel is next."""
# fact: A 6, 12 self-made cancel bookkeeping
# since: 3.13
import asyncio
from scenario import Boom, kind, out, run


async def fails():
    raise Boom


async def slow():
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(2)


async def parent():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(slow())
            group.create_task(fails())
            await asyncio.sleep(100)
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())
    try:
        await asyncio.sleep(1)
        out("went on")
    finally:
        out("cancelling", asyncio.current_task().cancelling())


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", task.cancelling())


run(main)

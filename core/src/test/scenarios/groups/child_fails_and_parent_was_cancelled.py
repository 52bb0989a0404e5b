"""A child fails, and somebody has cancelled the parent: the group wins, the cancel comes next."""
# fact: 38.13, A 6, 12 outside cancel, 4.4 child error + outer cancel same turn
# since: 3.13
import asyncio
from scenario import Boom, kind, out, run


async def fails():
    try:
        await asyncio.sleep(100)
    finally:
        raise Boom


async def parent():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            await asyncio.sleep(100)
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())
    await asyncio.sleep(1)
    out("went on")


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled", task.cancelling())


run(main)

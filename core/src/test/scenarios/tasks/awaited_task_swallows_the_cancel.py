"""A cancel goes to the awaited task first; if that swallows it, the waiter gets its value."""
# fact: 38.8, A 2, 9.1.3
import asyncio
from scenario import out, run


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        out("swallowed")
    return 5


async def waiter():
    inner = asyncio.create_task(stubborn())
    out("got", await inner)
    await asyncio.sleep(0)
    out("still alive", asyncio.current_task().cancelling())


async def main():
    task = asyncio.create_task(waiter())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await task
    out("cancelled", task.cancelled())


run(main)

"""Two cancels before delivery are one CancelledError and a count of two."""
# fact: 38.7, 9.1.2, 9.1.8
import asyncio
from scenario import out, run


async def sleeper():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        out("cancelled", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    out("went on")


async def main():
    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    out(task.cancel(), task.cancel())
    await task
    out(task.cancelled(), task.cancelling())


run(main)

"""A task that cancels itself and returns without awaiting ends cancelled, its value lost."""
# fact: A 5, 9.1.6
import asyncio
from scenario import out, run


async def body():
    asyncio.current_task().cancel()
    return 42


async def main():
    task = asyncio.create_task(body())
    try:
        out(await task)
    except asyncio.CancelledError:
        out("cancelled")
    out(task.cancelled())


run(main)

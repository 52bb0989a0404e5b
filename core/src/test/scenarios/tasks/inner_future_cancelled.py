"""Whoever awaits a future that somebody cancels gets a CancelledError, uncounted."""
# fact: 9.1.11
import asyncio
from scenario import out, run


async def waiter(future):
    try:
        await future
    except asyncio.CancelledError:
        out("error", asyncio.current_task().cancelling())
        raise


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    future.cancel()
    await asyncio.wait([task])
    out(task.cancelled(), task.cancelling())


run(main)

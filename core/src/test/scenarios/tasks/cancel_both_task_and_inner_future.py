"""The inner future and then its waiter are cancelled: one error, and the count is one."""
# fact: 9.1.4, 9.1.11
import asyncio
from scenario import out, run


async def waiter(future):
    try:
        await future
    except asyncio.CancelledError:
        out("error", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    out("went on")


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    future.cancel()
    out(task.cancel())
    await asyncio.wait([task])
    out(task.cancelled())


run(main)

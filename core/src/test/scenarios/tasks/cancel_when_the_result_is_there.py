"""A cancel that comes after the awaited future is done is delivered all the same."""
# fact: 9.1.4
import asyncio
from scenario import out, run


async def waiter(future):
    try:
        out("result", await future)
    except asyncio.CancelledError:
        out("cancelled")
        raise


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    future.set_result(7)
    out(task.cancel())
    await asyncio.wait([task])
    out(task.cancelled(), future.result())


run(main)

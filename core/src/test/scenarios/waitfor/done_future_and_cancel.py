"""A cancel in the very step in which a done future is waited for comes at the next wait."""
# fact: 4.4 wait_for with done future
# since: 3.12
import asyncio
from scenario import out, run


async def body(future):
    asyncio.current_task().cancel()
    out(await asyncio.wait_for(future, 10))
    await asyncio.sleep(0)
    out("never")


async def main():
    future = asyncio.get_running_loop().create_future()
    future.set_result("result")
    task = asyncio.create_task(body(future))
    try:
        await task
    except asyncio.CancelledError:
        out("cancelled")


run(main)

"""The waiter of a future runs before a callback scheduled after its result was set."""
# fact: 38.3, 9.2
import asyncio
from scenario import out, run


async def wait_for_it(future):
    await future
    out("waiter")


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    task = asyncio.create_task(wait_for_it(future))
    await asyncio.sleep(0)
    future.set_result(None)
    loop.call_soon(lambda: out("callback"))
    out("step ends")
    await task
    await asyncio.sleep(0)


run(main)

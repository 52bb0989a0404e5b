"""A task that cancels itself and awaits: the awaited future is cancelled at that await."""
# fact: A 4, 9.1.5
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    async def body():
        asyncio.current_task().cancel()
        out("future cancelled", future.cancelled())
        try:
            await future
        except asyncio.CancelledError:
            out("caught", future.cancelled())
            raise

    task = asyncio.create_task(body())
    await asyncio.wait([task])
    out(task.cancelled())


run(main)

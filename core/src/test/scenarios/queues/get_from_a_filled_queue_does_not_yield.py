"""get() of a queue that has items, and put() into one that has room, let nobody else run."""
# fact: 9.2 already satisfied operations, A 10
import asyncio
from scenario import out, run


async def main():
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    queue = asyncio.Queue(2)
    await queue.put(1)
    await queue.put(2)
    out(await queue.get(), await queue.get())
    await asyncio.sleep(0)


run(main)

"""A getter is woken, but another task takes the item first: the getter waits on."""
# fact: 38.17, A 30, 15 wake rule
import asyncio
from scenario import out, run


async def getter(queue):
    out("getter got", await queue.get())


async def main():
    queue = asyncio.Queue(1)
    task = asyncio.create_task(getter(queue))
    await asyncio.sleep(0)
    queue.put_nowait(1)
    out("taken", queue.get_nowait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    out(task.done())
    queue.put_nowait(2)
    await task


run(main)

"""The forms that do not wait say when they would have to."""
# fact: 15 put_nowait, 15 get_nowait
import asyncio
from scenario import out, run


async def main():
    queue = asyncio.Queue(1)
    try:
        queue.get_nowait()
    except asyncio.QueueEmpty as e:
        out(e)
    queue.put_nowait("a")
    try:
        queue.put_nowait("b")
    except asyncio.QueueFull as e:
        out(e)
    out(queue.get_nowait(), queue.empty())


run(main)

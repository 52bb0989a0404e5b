"""A queue that is shut down takes nothing more, and gives what it has."""
# fact: 15 shutdown
# since: 3.13
import asyncio
from scenario import out, run


async def main():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    queue.put_nowait(2)
    queue.shutdown()
    for attempt in (queue.get_nowait, queue.get_nowait, queue.get_nowait,
                    lambda: queue.put_nowait(3)):
        try:
            out(attempt())
        except asyncio.QueueShutDown as e:
            out(e)
    try:
        await queue.get()
    except asyncio.QueueShutDown as e:
        out("get", e)
    try:
        await queue.put(1)
    except asyncio.QueueShutDown as e:
        out("put", e)


run(main)

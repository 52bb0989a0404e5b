"""An immediate shutdown drops the items, and join() is over once those taken are done."""
# fact: A 31, 15 shutdown
# since: 3.13
import asyncio
from scenario import out, run


async def main():
    queue = asyncio.Queue()
    for n in (1, 2, 3):
        queue.put_nowait(n)
    out(await queue.get())
    joined = asyncio.create_task(queue.join())
    await asyncio.sleep(0)
    queue.shutdown(immediate=True)
    out(queue.empty())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    out("joined", joined.done())
    queue.task_done()
    await joined
    out("joined", joined.done())


run(main)

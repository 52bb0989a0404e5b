"""join() waits until every item put was said to be done."""
# fact: 15 task_done
import asyncio
from scenario import now, out, run


async def worker(queue):
    while True:
        n = await queue.get()
        await asyncio.sleep(n)
        queue.task_done()


async def main():
    queue = asyncio.Queue()
    await queue.join()
    out("fresh", now())
    for n in (1, 2, 3):
        queue.put_nowait(n)
    tasks = [asyncio.create_task(worker(queue)) for _ in range(2)]
    await queue.join()
    out("joined", now())
    for task in tasks:
        task.cancel()
    try:
        queue.task_done()
    except ValueError as e:
        out(e)


run(main)

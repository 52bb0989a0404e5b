"""A cancelled wait() takes the lock again before it raises, whatever happens."""
# fact: A 27, 14 cancel in wait
# since: 3.13
import asyncio
from scenario import now, out, run


async def waiter(condition):
    async with condition:
        try:
            await condition.wait()
        except asyncio.CancelledError as e:
            out("cancelled", e.args[0], condition.locked(), now())
            raise


async def main():
    condition = asyncio.Condition()
    task = asyncio.create_task(waiter(condition))
    await asyncio.sleep(1)
    async with condition:
        task.cancel("first")
        await asyncio.sleep(1)
        task.cancel("second")
        await asyncio.sleep(1)
        out("still held", task.done(), now())
    await asyncio.wait([task])
    out(task.cancelled(), condition.locked())


run(main)

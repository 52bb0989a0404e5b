"""notify(n) wakes n, each of which takes the lock again in turn."""
# fact: 14 notify
import asyncio
from scenario import out, run


async def waiter(condition, name):
    async with condition:
        await condition.wait()
        out(name, condition.locked())


async def main():
    condition = asyncio.Condition()
    tasks = [asyncio.create_task(waiter(condition, n)) for n in ("a", "b", "c")]
    await asyncio.sleep(0)
    async with condition:
        condition.notify(2)
        out("notified")
    await asyncio.sleep(1)
    out([t.done() for t in tasks])
    async with condition:
        condition.notify_all()
    await asyncio.gather(*tasks)


run(main)

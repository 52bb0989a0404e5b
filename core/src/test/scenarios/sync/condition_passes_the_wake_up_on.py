"""A waiter that is notified and then cancelled notifies the next one."""
# fact: A 27, 14 lost wake-up
# since: 3.13
import asyncio
from scenario import out, run


async def waiter(condition, name):
    async with condition:
        await condition.wait()
        out(name)


async def main():
    condition = asyncio.Condition()
    one = asyncio.create_task(waiter(condition, "one"))
    two = asyncio.create_task(waiter(condition, "two"))
    await asyncio.sleep(1)
    async with condition:
        condition.notify()
        await asyncio.sleep(0)
        one.cancel()
    await asyncio.wait([one, two], timeout=5)
    out(one.cancelled(), two.done())
    two.cancel()


run(main)

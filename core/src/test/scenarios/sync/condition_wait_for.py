"""wait_for() waits until its predicate holds."""
# fact: 14 wait_for
import asyncio
from scenario import out, run


async def main():
    condition = asyncio.Condition()
    state = [0]

    async def waiter():
        async with condition:
            await condition.wait_for(lambda: state[0] >= 2)
            out("seen", state[0])

    task = asyncio.create_task(waiter())
    for _ in range(3):
        await asyncio.sleep(1)
        async with condition:
            state[0] += 1
            out("state", state[0])
            condition.notify_all()
    await task


run(main)

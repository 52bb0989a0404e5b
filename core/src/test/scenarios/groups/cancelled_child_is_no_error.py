"""A child that is cancelled is no error: the others go on."""
# fact: 12 child cancelled
import asyncio
from scenario import now, out, run


async def main():
    async with asyncio.TaskGroup() as group:
        one = group.create_task(asyncio.sleep(100))
        two = group.create_task(asyncio.sleep(2, "two"))
        await asyncio.sleep(1)
        one.cancel()
    out(one.cancelled(), two.result(), now())


run(main)

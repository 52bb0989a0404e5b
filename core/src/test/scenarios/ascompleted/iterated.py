"""Asynchronous iteration gives the futures themselves."""
# fact: 10 async iteration
# since: 3.13
import asyncio
from scenario import now, out, run


async def main():
    one = asyncio.create_task(asyncio.sleep(3, "one"))
    two = asyncio.create_task(asyncio.sleep(1, "two"))
    async for task in asyncio.as_completed([one, two]):
        out(task is one, task is two, task.result(), now())


run(main)

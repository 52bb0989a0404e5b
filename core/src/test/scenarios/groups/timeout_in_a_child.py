"""A child's timeout is a failure like any other."""
# fact: 12 first child failure
import asyncio
from scenario import kind, now, out, run


async def child():
    async with asyncio.timeout(1):
        await asyncio.sleep(100)


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            await asyncio.sleep(100)
    except ExceptionGroup as e:
        out(kind(e), now())


run(main)

"""Ten thousand tasks in one group."""
# fact: 4.4 1e5 tasks in one group
import asyncio
from scenario import out, run


async def add(total, n):
    await asyncio.sleep(0)
    total[0] += n


async def main():
    total = [0]
    async with asyncio.TaskGroup() as group:
        for n in range(10_000):
            group.create_task(add(total, n))
    out(total[0])


run(main)

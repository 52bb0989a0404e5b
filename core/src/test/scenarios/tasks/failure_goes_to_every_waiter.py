"""Each waiter of a failed task gets the same exception, in the order they began to wait."""
# fact: 9.2, 8 await
import asyncio
from scenario import Boom, out, run

boom = Boom()


async def fails():
    await asyncio.sleep(1)
    raise boom


async def waits(name, task):
    try:
        await task
    except Boom as e:
        out(name, e is boom)


async def main():
    task = asyncio.create_task(fails())
    first = asyncio.create_task(waits("first", task))
    second = asyncio.create_task(waits("second", task))
    await first
    await second


run(main)

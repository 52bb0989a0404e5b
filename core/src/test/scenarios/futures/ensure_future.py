"""A future is itself, a coroutine becomes a task."""
# fact: 8 ensure_future
import asyncio
from scenario import out, run


async def value():
    out("runs")
    return 4


async def main():
    future = asyncio.get_running_loop().create_future()
    out(asyncio.ensure_future(future) is future)
    task = asyncio.ensure_future(value())
    out(asyncio.ensure_future(task) is task)
    out(await task)


run(main)

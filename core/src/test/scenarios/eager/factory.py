"""With the eager factory every task is eager, but those that say no."""
# fact: 9.3 eager_task_factory
# since: 3.14
import asyncio
from scenario import out, run


async def child(name):
    out(name)


async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    asyncio.create_task(child("eager"))
    out("between")
    task = asyncio.create_task(child("not eager"), eager_start=False)
    out("after")
    await task
    await asyncio.gather(child("one"), child("two"))


run(main)

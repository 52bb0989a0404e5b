"""A child may add tasks while the group waits; when the last has ended nobody may."""
# fact: A 23, 12 create_task
import asyncio
from scenario import now, out, run


async def late():
    await asyncio.sleep(1)
    out("late", now())


async def child(group):
    await asyncio.sleep(1)
    group.create_task(late())


async def never():
    out("never")


async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(child(group))
    out("over", now())
    coroutine = never()
    try:
        group.create_task(coroutine)
    except RuntimeError as e:
        out(e)
    coroutine.close()


run(main)

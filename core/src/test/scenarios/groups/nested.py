"""An inner group's failure reaches the outer one as a group."""
# fact: 12 nesting, 4.4 ExceptionGroup nesting
import asyncio
from scenario import Bang, Boom, kind, out, run


async def fails(error):
    raise error


async def inner():
    async with asyncio.TaskGroup() as group:
        group.create_task(fails(Boom()))
        group.create_task(fails(Bang()))


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(inner())
            await asyncio.sleep(100)
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())


run(main)

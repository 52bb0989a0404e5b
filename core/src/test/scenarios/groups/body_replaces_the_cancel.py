"""A body that turns the group's cancel into an error of its own adds it to the group."""
# fact: 4.4 body replaces CancelledError, 12 body exception
import asyncio
from scenario import Bang, Boom, kind, out, run


async def fails():
    raise Boom


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                raise Bang
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())


run(main)

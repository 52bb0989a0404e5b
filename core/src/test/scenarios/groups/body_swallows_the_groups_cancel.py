"""A body that swallows the group's own cancel goes on; the group fails all the same."""
# fact: 12 self-made cancel bookkeeping
import asyncio
from scenario import Boom, kind, out, run


async def fails():
    raise Boom


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                out("swallowed")
            await asyncio.sleep(1)
            out("body ends", asyncio.current_task().cancelling())
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())


run(main)

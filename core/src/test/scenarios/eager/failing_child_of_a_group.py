"""An eager child fails in a group: the parent's step ends first, the cancel comes after."""
# fact: 38.25, A 25
# since: 3.14
import asyncio
from scenario import Boom, kind, out, run


async def fails():
    out("child fails")
    raise Boom


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(), eager_start=True)
            out("parent goes on")
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                out("parent cancelled")
                raise
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())


run(main)

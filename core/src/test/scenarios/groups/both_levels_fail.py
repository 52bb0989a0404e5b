"""Inner and outer group fail at once: the count is one until the outer one is left."""
# fact: 12 nesting
# since: 3.13
import asyncio
from scenario import Bang, Boom, kind, out, run


async def fails(error):
    raise error


async def main():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(fails(Boom()))
            try:
                async with asyncio.TaskGroup() as inner:
                    inner.create_task(fails(Bang()))
                    await asyncio.sleep(100)
            finally:
                out("inner left", asyncio.current_task().cancelling())
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling())


run(main)

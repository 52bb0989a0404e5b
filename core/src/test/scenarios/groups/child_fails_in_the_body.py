"""A child fails while the body waits: the body is cancelled, the siblings too."""
# fact: 38.12, 12 first child failure, A 24
import asyncio
from scenario import Boom, kind, now, out, run


async def fails():
    await asyncio.sleep(1)
    raise Boom


async def sibling():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        out("sibling cancelled", now())
        raise


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            group.create_task(sibling())
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                out("body cancelled", asyncio.current_task().cancelling())
                raise
    except ExceptionGroup as e:
        out(kind(e), asyncio.current_task().cancelling(), now())


run(main)

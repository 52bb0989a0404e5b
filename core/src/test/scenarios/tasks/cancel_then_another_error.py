"""A body that turns its CancelledError into something else has failed."""
# fact: 9.1.10, 4.4 body replaces CancelledError
import asyncio
from scenario import Boom, out, run


async def body():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise Boom


async def main():
    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except Boom:
        out("boom")
    out(task.cancelled(), task.exception())


run(main)

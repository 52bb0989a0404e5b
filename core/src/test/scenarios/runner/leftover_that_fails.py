"""A leftover task that fails while it is cancelled is reported."""
# fact: 1 leftovers at shutdown
import asyncio
from scenario import Boom, out, run


async def left():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        raise Boom


async def main():
    asyncio.create_task(left())
    await asyncio.sleep(0)


run(main)
out("after")

"""An exception of the body's own passes the expired timeout."""
# fact: 11 exit rule
import asyncio
from scenario import Boom, out, run


async def main():
    try:
        async with asyncio.timeout(1) as t:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                raise Boom
    except Boom as e:
        out(e, t.expired(), asyncio.current_task().cancelling())
    await asyncio.sleep(0)


run(main)

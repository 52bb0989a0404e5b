"""At its deadline a timeout cancels its body, and turns that into TimeoutError."""
# fact: 11 timeout
import asyncio
from scenario import now, out, run


async def main():
    try:
        async with asyncio.timeout(1) as t:
            await asyncio.sleep(10)
    except TimeoutError:
        out("timeout", now(), t.expired())
    out(asyncio.current_task().cancelling())


run(main)

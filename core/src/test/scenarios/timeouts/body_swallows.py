"""A body that catches the cancellation and returns is not timed out, though expired() says so."""
# fact: 38.11, A 19, 11 body left normally
import asyncio
from scenario import out, run


async def main():
    async with asyncio.timeout(0.05) as t:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            out("caught", asyncio.current_task().cancelling())
    out(t.expired(), asyncio.current_task().cancelling())
    await asyncio.sleep(0)


run(main)

"""What swallows the cancel and returns has its value returned."""
# fact: A 18, 10 aw swallows cancel and returns
import asyncio
from scenario import now, out, run


async def body():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        return "value"


async def main():
    out(await asyncio.wait_for(asyncio.create_task(body()), 1), now())


run(main)

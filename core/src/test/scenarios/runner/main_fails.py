"""What main raises comes out of run, after the leftovers have ended."""
# fact: 1 run
import asyncio
from scenario import Boom, out, run


async def left():
    try:
        await asyncio.sleep(100)
    finally:
        out("left behind")


async def main():
    asyncio.create_task(left())
    await asyncio.sleep(0)
    raise Boom


run(main)

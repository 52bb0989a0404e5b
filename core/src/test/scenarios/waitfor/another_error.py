"""What fails when cancelled has its failure raised."""
# fact: 10 aw raises another error on cancel
import asyncio
from scenario import Boom, out, run


async def body():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise Boom


async def main():
    try:
        await asyncio.wait_for(body(), 1)
    except Boom as e:
        out(e)


run(main)

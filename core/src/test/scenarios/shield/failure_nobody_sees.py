"""What is shielded fails after the shield was cancelled: the exception handler is told."""
# fact: A 71, 10 inner fails after outer was cancelled
# since: 3.14
import asyncio
from scenario import Boom, now, out, run


async def fails():
    await asyncio.sleep(5)
    raise Boom


async def main():
    inner = asyncio.create_task(fails())
    outer = asyncio.shield(inner)
    await asyncio.sleep(1)
    outer.cancel()
    await asyncio.sleep(10)
    out("end", now(), inner.exception())


run(main)

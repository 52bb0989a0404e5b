"""A body that ends in time is not touched."""
# fact: 11 timeout
import asyncio
from scenario import now, out, run


async def main():
    async with asyncio.timeout(10) as t:
        out(await asyncio.sleep(1, "value"))
    out(t.expired(), now())
    await asyncio.sleep(20)
    out(now())


run(main)

"""A timeout of None never fires."""
# fact: 11 timeout
import asyncio
from scenario import now, out, run


async def main():
    async with asyncio.timeout(None) as t:
        await asyncio.sleep(1000)
    out(t.when(), t.expired(), now())


run(main)

"""FIRST_COMPLETED returns with the first; the others go on."""
# fact: 10 return_when
import asyncio
from scenario import now, out, run


async def main():
    slow = asyncio.create_task(asyncio.sleep(5, "slow"))
    fast = asyncio.create_task(asyncio.sleep(1, "fast"))
    done, pending = await asyncio.wait([slow, fast], return_when=asyncio.FIRST_COMPLETED)
    out(done == {fast}, pending == {slow}, now())
    out(await slow, now())


run(main)

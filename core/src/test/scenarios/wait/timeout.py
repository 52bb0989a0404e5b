"""A timeout of wait() neither raises nor cancels."""
# fact: 10 wait, A 73
import asyncio
from scenario import now, out, run


async def main():
    slow = asyncio.create_task(asyncio.sleep(5, "slow"))
    fast = asyncio.create_task(asyncio.sleep(1, "fast"))
    done, pending = await asyncio.wait([slow, fast], timeout=3)
    out(done == {fast}, pending == {slow}, now())
    out(await slow, now())


run(main)

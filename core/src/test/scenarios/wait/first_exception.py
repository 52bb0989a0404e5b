"""FIRST_EXCEPTION returns with the first failure, a cancellation is none."""
# fact: 10 return_when
import asyncio
from scenario import Boom, now, out, run


async def fails(seconds):
    await asyncio.sleep(seconds)
    raise Boom


async def main():
    cancelled = asyncio.create_task(asyncio.sleep(1))
    failing = asyncio.create_task(fails(3))
    slow = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    cancelled.cancel()
    done, pending = await asyncio.wait(
        [cancelled, failing, slow], return_when=asyncio.FIRST_EXCEPTION)
    out(done == {cancelled, failing}, pending == {slow}, now())
    out(failing.exception())
    await slow


run(main)

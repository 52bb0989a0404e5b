"""With return_exceptions failures and cancellations are results, and all are waited for."""
# fact: 10 return_exceptions
import asyncio
from scenario import Boom, now, out, run


async def fails():
    raise Boom


async def cancelled():
    raise asyncio.CancelledError


async def main():
    slow = asyncio.create_task(asyncio.sleep(2, "slow"))
    results = await asyncio.gather(
        asyncio.create_task(fails()), slow, asyncio.create_task(cancelled()),
        return_exceptions=True)
    out(results, now())


run(main)

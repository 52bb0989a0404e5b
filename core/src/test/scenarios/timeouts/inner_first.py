"""Of two nested timeouts the inner one expires: the outer one is not touched."""
# fact: 11 nesting
import asyncio
from scenario import now, out, run


async def main():
    async with asyncio.timeout(10) as outer:
        try:
            async with asyncio.timeout(1):
                await asyncio.sleep(100)
        except TimeoutError:
            out("inner", now())
        await asyncio.sleep(1)
    out(outer.expired(), now())


run(main)

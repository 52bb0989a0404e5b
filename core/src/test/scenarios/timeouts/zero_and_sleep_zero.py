"""A timeout of zero fires at the first yield."""
# fact: A 21, 11 zero
import asyncio
from scenario import out, run


async def main():
    try:
        async with asyncio.timeout(0) as t:
            await asyncio.sleep(0)
            out("after one yield")
    except TimeoutError:
        out("timeout")
    out(t.expired())


run(main)

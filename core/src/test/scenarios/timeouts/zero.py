"""A timeout of zero lets the body begin, and ends it at its first real wait."""
# fact: A 21, 11 zero, 4.4 timeout 0
import asyncio
from scenario import now, out, run


async def main():
    try:
        async with asyncio.timeout(0):
            out("begun")
            await asyncio.sleep(10)
            out("never")
    except TimeoutError:
        out("timeout", now())


run(main)

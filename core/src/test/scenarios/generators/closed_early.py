"""A generator that is closed cleans up, and may wait while it does."""
# fact: 31 aclose
import asyncio
from scenario import now, out, run


async def numbers():
    try:
        yield 1
        yield 2
    finally:
        await asyncio.sleep(1)
        out("clean", now())


async def main():
    generator = numbers()
    out(await generator.__anext__())
    await generator.aclose()
    out("closed", now())
    await generator.aclose()
    async for number in generator:
        out("never")


run(main)

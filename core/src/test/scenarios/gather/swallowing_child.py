"""A child that swallows the cancel and returns: without return_exceptions, still cancelled."""
# fact: A 15
import asyncio
from scenario import out, run


async def stubborn():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        return "mine"


async def main():
    both = asyncio.gather(stubborn(), stubborn())
    await asyncio.sleep(1)
    both.cancel()
    try:
        out(await both)
    except asyncio.CancelledError:
        out("cancelled")


run(main)

"""The results stand in the order of the arguments, whatever ended first."""
# fact: 10 gather
import asyncio
from scenario import now, out, run


async def after(seconds, value):
    await asyncio.sleep(seconds)
    out(value, now())
    return value


async def main():
    out(await asyncio.gather(after(3, "a"), after(1, "b"), after(2, "c")))


run(main)

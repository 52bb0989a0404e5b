"""A body that never waits is never timed out."""
# fact: A 19, 11 zero
import asyncio
from scenario import out, run


async def main():
    async with asyncio.timeout(-1) as t:
        out("body")
    out(t.expired())


run(main)

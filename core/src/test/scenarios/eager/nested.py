"""Eager tasks nest: each runs to its first wait before its creator goes on."""
# fact: 9.3
# since: 3.14
import asyncio
from scenario import out, run


async def level(n):
    out("begin", n)
    if n < 3:
        asyncio.create_task(level(n + 1), eager_start=True)
    out("middle", n)
    await asyncio.sleep(0)
    out("end", n)


async def main():
    await asyncio.create_task(level(1), eager_start=True)
    await asyncio.sleep(0)


run(main)

"""Awaiting a task that has ended lets nobody else run."""
# fact: 38.5, A 10
import asyncio
from scenario import out, run


async def value(v):
    out("value", v)
    return v


async def main():
    first = asyncio.create_task(value(1))
    await asyncio.sleep(0)
    second = asyncio.create_task(value(2))
    out("got", await first)
    out("second done", second.done())
    out("got", await second)


run(main)

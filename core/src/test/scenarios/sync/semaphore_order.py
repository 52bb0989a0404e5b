"""Permits go to those who wait, in order; the releaser does not overtake."""
# fact: 14 FIFO
import asyncio
from scenario import out, run


async def worker(semaphore, name):
    for n in range(2):
        async with semaphore:
            out(name, n)


async def main():
    semaphore = asyncio.Semaphore(1)
    await asyncio.gather(*(worker(semaphore, name) for name in ("a", "b", "c")))


run(main)

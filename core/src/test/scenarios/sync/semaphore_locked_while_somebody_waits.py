"""A semaphore with a waiter stays locked after a release: the permit is the waiter's."""
# fact: 38.15, A 28
import asyncio
from scenario import out, run


async def waiter(semaphore):
    async with semaphore:
        out("waiter")


async def main():
    semaphore = asyncio.Semaphore(1)
    await semaphore.acquire()
    task = asyncio.create_task(waiter(semaphore))
    await asyncio.sleep(0)
    semaphore.release()
    out("locked", semaphore.locked())
    await task
    out("locked", semaphore.locked())


run(main)

"""A waiter that has its permit and is cancelled gives it back to the next."""
# fact: A 28, 14 cancel
import asyncio
from scenario import out, run


async def waiter(semaphore, name):
    async with semaphore:
        out(name)


async def main():
    semaphore = asyncio.Semaphore(0)
    one = asyncio.create_task(waiter(semaphore, "one"))
    two = asyncio.create_task(waiter(semaphore, "two"))
    await asyncio.sleep(0)
    semaphore.release()
    one.cancel()
    await asyncio.wait([one, two])
    out(one.cancelled(), two.done(), semaphore.locked())


run(main)

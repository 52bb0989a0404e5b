"""A newcomer waits behind those who wait, even while the lock is free for a moment."""
# fact: A 29
import asyncio
from scenario import out, run


async def waiter(lock, name):
    async with lock:
        out(name)


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    one = asyncio.create_task(waiter(lock, "one"))
    await asyncio.sleep(0)
    newcomer = asyncio.create_task(waiter(lock, "newcomer"))
    lock.release()
    await asyncio.gather(one, newcomer)


run(main)

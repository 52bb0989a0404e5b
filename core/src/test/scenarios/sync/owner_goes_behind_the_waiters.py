"""A lock that is released and asked for at once goes to those who wait."""
# fact: 38.14, A 29
import asyncio
from scenario import out, run


async def waiter(lock, name):
    async with lock:
        out(name)


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    tasks = [asyncio.create_task(waiter(lock, n)) for n in ("one", "two")]
    await asyncio.sleep(0)
    lock.release()
    out("locked", lock.locked())
    await lock.acquire()
    out("owner again")
    lock.release()
    await asyncio.gather(*tasks)


run(main)

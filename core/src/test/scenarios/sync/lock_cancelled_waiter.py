"""A waiter that is woken and cancelled in one step passes the lock on."""
# fact: A 29, 14 cancel while waiting
import asyncio
from scenario import out, run


async def waiter(lock, name):
    async with lock:
        out(name)


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    one = asyncio.create_task(waiter(lock, "one"))
    two = asyncio.create_task(waiter(lock, "two"))
    await asyncio.sleep(0)
    lock.release()
    one.cancel()
    await asyncio.wait([one, two])
    out(one.cancelled(), two.cancelled(), lock.locked())


run(main)

"""Taking a lock that is free lets nobody else run."""
# fact: A 10, 9.2
import asyncio
from scenario import out, run


async def main():
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    lock = asyncio.Lock()
    out(lock.locked())
    async with lock:
        out("locked", lock.locked())
    out(lock.locked())
    await asyncio.sleep(0)


run(main)

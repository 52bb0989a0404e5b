"""A deadline can be moved while the body runs."""
# fact: 11 reschedule, 4.4 deadline moved earlier later past
import asyncio
from scenario import now, out, run


async def main():
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(1) as later:
        later.reschedule(loop.time() + 10)
        await asyncio.sleep(5)
    out(later.expired(), now())
    try:
        async with asyncio.timeout(100) as earlier:
            earlier.reschedule(loop.time() + 1)
            await asyncio.sleep(50)
    except TimeoutError:
        out("earlier", now())
    try:
        async with asyncio.timeout(100) as past:
            past.reschedule(loop.time() - 1)
            await asyncio.sleep(50)
    except TimeoutError:
        out("past", now())
    async with asyncio.timeout(1) as never:
        never.reschedule(None)
        await asyncio.sleep(50)
    out(never.when(), now())


run(main)

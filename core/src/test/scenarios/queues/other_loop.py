"""A queue belongs to the first loop that makes somebody wait."""
# fact: A 32, 14 ambiguous loops
import asyncio
from scenario import new_loop, out

queue = asyncio.Queue()


async def waits():
    await asyncio.wait_for(queue.get(), 1)


for _ in range(2):
    loop = new_loop()
    try:
        loop.run_until_complete(waits())
    except (TimeoutError, RuntimeError) as e:
        out(e)
    loop.close()

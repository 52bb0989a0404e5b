"""Which of the coroutines is awaited first does not matter."""
# fact: A 72
import asyncio
from scenario import now, out, run


async def main():
    tasks = [asyncio.create_task(asyncio.sleep(s, s)) for s in (1, 2)]
    first, second = asyncio.as_completed(tasks)
    out(await second, now())
    out(await first, now())


run(main)

"""The plain form gives coroutines, each of which has the next result."""
# fact: A 72, 10 plain iteration
import asyncio
from scenario import now, out, run


async def main():
    tasks = [asyncio.create_task(asyncio.sleep(s, s)) for s in (3, 1, 2)]
    for next_one in asyncio.as_completed(tasks):
        out(await next_one, now())


run(main)

"""Asynchronous iteration raises TimeoutError at its timeout."""
# fact: 10 as_completed timeout
# since: 3.13
import asyncio
from scenario import now, out, run


async def main():
    one = asyncio.create_task(asyncio.sleep(1, "one"))
    two = asyncio.create_task(asyncio.sleep(9, "two"))
    try:
        async for task in asyncio.as_completed([one, two], timeout=3):
            out(task.result(), now())
    except TimeoutError:
        out("timeout", now(), two.done())
    await two


run(main)

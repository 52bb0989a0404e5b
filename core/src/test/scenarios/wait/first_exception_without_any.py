"""FIRST_EXCEPTION without a failure waits for all."""
# fact: 10 return_when
import asyncio
from scenario import now, out, run


async def main():
    tasks = [asyncio.create_task(asyncio.sleep(s)) for s in (1, 2)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    out(len(done), len(pending), now())


run(main)

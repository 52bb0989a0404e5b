"""A task that nobody holds, and that waits for what nobody holds, is still there."""
# fact: A 86, B 1
# better: the loop holds its tasks until they are done
import asyncio
import gc
from scenario import out, run


async def forgotten():
    await asyncio.get_running_loop().create_future()


async def main():
    asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    gc.collect()
    out("tasks", len(asyncio.all_tasks()))


run(main)

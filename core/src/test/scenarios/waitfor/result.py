"""wait_for runs the coroutine in the caller's own task."""
# fact: A 17, 10 wait_for
# since: 3.12
import asyncio
from scenario import out, run


async def main():
    me = asyncio.current_task()

    async def body():
        out(asyncio.current_task() is me, len(asyncio.all_tasks()))
        return 5

    out(await asyncio.wait_for(body(), 10))
    out(await asyncio.wait_for(body(), None))


run(main)

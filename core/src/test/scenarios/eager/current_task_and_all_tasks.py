"""The current task and all tasks are right during the eager step and after it."""
# fact: A 26, 9.3 current task, 9.3 all_tasks
# since: 3.14
import asyncio
from scenario import out, run


async def child():
    out(asyncio.current_task().get_name(), len(asyncio.all_tasks()))
    await asyncio.sleep(0)
    out(asyncio.current_task().get_name(), len(asyncio.all_tasks()))


async def main():
    asyncio.current_task().set_name("main")
    task = asyncio.create_task(child(), name="child", eager_start=True)
    out(asyncio.current_task().get_name(), len(asyncio.all_tasks()))
    await task
    out(len(asyncio.all_tasks()))


run(main)

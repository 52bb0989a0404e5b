"""current_task is the task that runs, none in a callback; all_tasks are those not done."""
# fact: 9 current_task, 9 all_tasks
import asyncio
from scenario import out, run


async def child():
    out("child", asyncio.current_task().get_name(), len(asyncio.all_tasks()))


async def main():
    loop = asyncio.get_running_loop()
    asyncio.current_task().set_name("main")
    task = asyncio.create_task(child(), name="child")
    out(len(asyncio.all_tasks()))
    loop.call_soon(lambda: out("callback", asyncio.current_task()))
    await task
    out(asyncio.current_task().get_name(), len(asyncio.all_tasks()))
    await asyncio.sleep(0)


run(main)

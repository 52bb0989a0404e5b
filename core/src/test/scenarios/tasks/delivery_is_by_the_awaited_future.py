"""cancel() cancels the awaited future now, and the error arrives in the next turn."""
# fact: A 3, 9.1.3
import asyncio
from scenario import out, run


async def waiter(future):
    try:
        await future
    finally:
        out("finally")


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    task.cancel()
    out("future", future.cancelled(), "task", task.cancelled(), "done", task.done())
    await asyncio.sleep(0)
    out("task", task.cancelled())


run(main)

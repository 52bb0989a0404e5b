"""The message travels with the error, to the awaited future and to whoever awaits the task."""
# fact: 9.1.14, 4.4 cancel with message
import asyncio
from scenario import out, run


async def waiter(future):
    try:
        await future
    except asyncio.CancelledError as e:
        out("inside", e.args[0])
        raise


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    task.cancel("because")
    try:
        await task
    except asyncio.CancelledError as e:
        out("outside", e.args[0])
    try:
        future.result()
    except asyncio.CancelledError as e:
        out("future", e.args[0])


run(main)

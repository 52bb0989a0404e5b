"""cancel() of a task that is done is false and changes nothing."""
# fact: 9.1.1
import asyncio
from scenario import out, run


async def value():
    return 3


async def main():
    task = asyncio.create_task(value())
    await task
    out(task.cancel(), task.cancelling(), task.cancelled(), task.result())


run(main)

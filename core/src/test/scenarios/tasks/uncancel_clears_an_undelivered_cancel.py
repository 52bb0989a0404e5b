"""uncancel() down to zero drops a cancel that was not delivered yet."""
# fact: A 7, 9.1.12
# since: 3.13
import asyncio
from scenario import out, run


async def main():
    task = asyncio.current_task()
    out(task.uncancel())
    task.cancel()
    task.cancel()
    out(task.cancelling())
    out(task.uncancel())
    out(task.uncancel())
    await asyncio.sleep(0)
    out("not cancelled", task.cancelling())


run(main)

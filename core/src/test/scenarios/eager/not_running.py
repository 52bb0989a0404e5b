"""On a loop that does not run an eager task is scheduled."""
# fact: 9.3
# since: 3.14
import asyncio
from scenario import new_loop, out


async def child():
    out("child")
    return "value"


loop = new_loop()
task = loop.create_task(child(), eager_start=True)
out("created", task.done())
out(loop.run_until_complete(task))
loop.close()

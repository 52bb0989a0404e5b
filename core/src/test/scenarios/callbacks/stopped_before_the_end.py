"""run_until_complete fails if the loop is stopped first; a later one can finish the task."""
# fact: 38.23, 2 run_until_complete
import asyncio
from scenario import kind, new_loop, out


async def main():
    asyncio.get_running_loop().stop()
    await asyncio.sleep(5)
    return "done"


loop = new_loop()
task = loop.create_task(main())
try:
    loop.run_until_complete(task)
except RuntimeError as e:
    out("raised", kind(e), task.done())
out(loop.run_until_complete(task))
loop.close()

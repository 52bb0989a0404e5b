"""KeyboardInterrupt raised while handling a cancel is stored and ends the run."""
# fact: 9.1.16
import asyncio
from scenario import kind, new_loop, out


async def body():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise KeyboardInterrupt


loop = new_loop()
task = loop.create_task(body())
loop.call_soon(lambda: loop.call_soon(task.cancel))
try:
    loop.run_until_complete(task)
except BaseException as e:
    out("run raised", kind(e))
out(task.done(), task.cancelled(), task.exception())
loop.close()

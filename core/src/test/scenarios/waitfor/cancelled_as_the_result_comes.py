"""The result comes and then the cancel, in one step: the cancel wins, the result stays."""
# fact: 10 caller cancelled, 1.3.1
# since: 3.12
import asyncio
from scenario import out, run


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(asyncio.wait_for(future, 10))
    await asyncio.sleep(0)
    future.set_result("result")
    task.cancel()
    try:
        out(await task)
    except asyncio.CancelledError:
        out("cancelled")
    out(future.result())


run(main)

"""An eager task runs up to its first wait inside create_task."""
# fact: 9.3, A 26
# since: 3.14
import asyncio
from scenario import out, run


async def child():
    out("child begins")
    await asyncio.sleep(0)
    out("child goes on")


async def main():
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    task = asyncio.create_task(child(), eager_start=True)
    out("created", task.done())
    await task


run(main)

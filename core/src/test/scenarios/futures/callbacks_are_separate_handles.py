"""A callback queued between two done-callbacks runs between them only if queued before."""
# fact: A 9
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def first(f):
        out("first")
        loop.call_soon(lambda: out("from first"))

    future.add_done_callback(first)
    future.add_done_callback(lambda f: out("second"))
    loop.call_soon(lambda: out("before"))
    future.set_result(None)
    loop.call_soon(lambda: out("after"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)


run(main)

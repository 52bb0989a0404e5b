"""Removing takes all equal callbacks and says how many."""
# fact: 8 remove_done_callback, A 70
import asyncio
from scenario import out, run


async def main():
    future = asyncio.get_running_loop().create_future()

    def tell(f):
        out("tell")

    def other(f):
        out("other")

    for callback in (tell, other, tell, tell):
        future.add_done_callback(callback)
    out(future.remove_done_callback(tell))
    out(future.remove_done_callback(tell))
    future.set_result(None)
    await asyncio.sleep(0)


run(main)

"""Done-callbacks run by the loop, in order, even when the future is done already."""
# fact: A 9, 8 add_done_callback
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.add_done_callback(lambda f: out("one", f.result()))
    future.add_done_callback(lambda f: out("two", f.result()))
    future.set_result("x")
    out("set")
    future.add_done_callback(lambda f: out("three", f.result()))
    out("added")
    await asyncio.sleep(0)
    out("end")


run(main)

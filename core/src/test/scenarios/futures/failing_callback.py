"""A done-callback that fails is reported, and the others run."""
# fact: 3 exception in callback, M 110
import asyncio
from scenario import Boom, out, run


async def main():
    future = asyncio.get_running_loop().create_future()

    def fails(f):
        raise Boom

    future.add_done_callback(fails)
    future.add_done_callback(lambda f: out("next"))
    future.set_result(None)
    await asyncio.sleep(0)
    out("alive")


run(main)

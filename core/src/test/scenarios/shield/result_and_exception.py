"""A shield passes the outcome of what it shields."""
# fact: 10 shield
import asyncio
from scenario import Boom, out, run


async def fails():
    raise Boom


async def main():
    out(await asyncio.shield(asyncio.sleep(1, "result")))
    try:
        await asyncio.shield(fails())
    except Boom as e:
        out(e)
    done = asyncio.get_running_loop().create_future()
    done.set_result(1)
    out(asyncio.shield(done) is done)


run(main)

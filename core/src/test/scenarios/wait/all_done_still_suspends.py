"""wait() suspends once even if everything is done."""
# fact: A 73, 10 wait all already done
import asyncio
from scenario import out, run


async def main():
    future = asyncio.get_running_loop().create_future()
    future.set_result(1)
    asyncio.get_running_loop().call_soon(lambda: out("callback"))
    done, pending = await asyncio.wait([future])
    out(len(done), len(pending))


run(main)

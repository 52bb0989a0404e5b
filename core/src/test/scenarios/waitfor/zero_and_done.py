"""A limit of zero with a future that is done gives its result."""
# fact: 10 timeout <= 0
import asyncio
from scenario import out, run


async def main():
    future = asyncio.get_running_loop().create_future()
    future.set_result("there")
    out(await asyncio.wait_for(future, 0))


run(main)

"""An argument given twice is one child, and its value stands twice."""
# fact: 10 duplicates
import asyncio
from scenario import out, run


async def main():
    future = asyncio.get_running_loop().create_future()
    both = asyncio.gather(future, future)
    future.set_result(3)
    out(await both)


run(main)

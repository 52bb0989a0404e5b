"""Two tasks that each yield twice take turns."""
# fact: 38.4
import asyncio
from scenario import out, run


async def steps(name):
    out(name, "a")
    await asyncio.sleep(0)
    out(name, "b")
    await asyncio.sleep(0)
    out(name, "c")


async def main():
    one = asyncio.create_task(steps("one"))
    two = asyncio.create_task(steps("two"))
    await one
    await two


run(main)

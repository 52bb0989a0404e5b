"""Three tasks in a chain, each awaiting the next, end in successive turns."""
# fact: 9.2
import asyncio
from scenario import out, run


async def leaf():
    out("leaf")


async def link(task, name):
    await task
    out(name)


async def main():
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(leaf())
    second = asyncio.create_task(link(first, "second"))
    third = asyncio.create_task(link(second, "third"))

    def tick(n):
        out("turn", n, first.done(), second.done(), third.done())
        if n < 5:
            loop.call_soon(tick, n + 1)

    loop.call_soon(tick, 1)
    await third
    for _ in range(5):
        await asyncio.sleep(0)


run(main)

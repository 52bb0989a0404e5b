"""A failure is raised by the coroutine whose turn it is; the rest can still be had."""
# fact: 10 as_completed
import asyncio
from scenario import Boom, now, out, run


async def fails():
    await asyncio.sleep(1)
    raise Boom


async def main():
    tasks = [asyncio.create_task(asyncio.sleep(2, "late")), asyncio.create_task(fails())]
    for next_one in asyncio.as_completed(tasks):
        try:
            out(await next_one, now())
        except Boom as e:
            out(e, now())


run(main)

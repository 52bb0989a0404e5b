"""At its timeout each remaining coroutine raises; nothing is cancelled."""
# fact: 10 as_completed timeout
import asyncio
from scenario import now, out, run


async def main():
    tasks = [asyncio.create_task(asyncio.sleep(s, s)) for s in (1, 5, 6)]
    for next_one in asyncio.as_completed(tasks, timeout=3):
        try:
            out(await next_one, now())
        except TimeoutError:
            out("timeout", now())
    out([t.done() for t in tasks])
    out(await tasks[2])


run(main)

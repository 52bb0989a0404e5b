"""An event wakes all, in the order they came; a set event makes nobody wait."""
# fact: 14 Event
import asyncio
from scenario import out, run


async def waiter(event, name):
    await event.wait()
    out(name)


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(event, n)) for n in ("a", "b", "c")]
    await asyncio.sleep(0)
    event.set()
    await event.wait()
    out("main")
    await asyncio.gather(*tasks)


run(main)

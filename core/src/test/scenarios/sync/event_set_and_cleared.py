"""An event that is set and cleared in one step wakes those who waited."""
# fact: 38.16, 14 set then clear
import asyncio
from scenario import out, run


async def waiter(event):
    await event.wait()
    out("woken", event.is_set())


async def main():
    event = asyncio.Event()
    task = asyncio.create_task(waiter(event))
    await asyncio.sleep(0)
    event.set()
    event.clear()
    late = asyncio.create_task(waiter(event))
    await task
    out("late", late.done())
    event.set()
    await late


run(main)

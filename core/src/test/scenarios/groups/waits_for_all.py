"""A group waits for its children."""
# fact: 12 TaskGroup
import asyncio
from scenario import now, out, run


async def child(seconds, name):
    await asyncio.sleep(seconds)
    out(name, now())
    return name


async def main():
    async with asyncio.TaskGroup() as group:
        one = group.create_task(child(2, "one"))
        two = group.create_task(child(1, "two"))
        out("body ends")
    out(one.result(), two.result(), now())


run(main)

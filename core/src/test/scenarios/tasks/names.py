"""A name is given or set; unnamed tasks count on."""
# fact: 9 names, A 93
# since: 3.12
import asyncio
from scenario import out, run


def number(task):
    return int(task.get_name().removeprefix("Task-"))


async def main():
    first = asyncio.create_task(asyncio.sleep(0))
    named = asyncio.create_task(asyncio.sleep(0), name="reader")
    second = asyncio.create_task(asyncio.sleep(0))
    out(named.get_name(), number(second) - number(first))
    named.set_name("writer")
    out(named.get_name())
    await asyncio.gather(first, named, second)


run(main)

"""Generators that are left are closed after the tasks, before the loop."""
# fact: A 77, 31 shutdown_asyncgens, 1 Runner.close
import asyncio
from scenario import out, run

kept = []


async def numbers():
    try:
        yield 1
        yield 2
    finally:
        await asyncio.sleep(1)
        out("generator closed")


async def left():
    try:
        await asyncio.sleep(100)
    finally:
        out("task cancelled")


async def main():
    asyncio.create_task(left())
    generator = numbers()
    kept.append(generator)
    out(await generator.__anext__())


run(main)

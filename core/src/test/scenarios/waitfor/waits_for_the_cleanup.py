"""wait_for raises only when the cancelled work has ended, however long that takes."""
# fact: A 18, 10 wait_for timeout, B 3
import asyncio
from scenario import now, out, run


async def body():
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(5)


async def main():
    task = asyncio.create_task(body())
    try:
        await asyncio.wait_for(task, 1)
    except TimeoutError:
        out("timeout", now(), task.done())


run(main)

"""One Runner runs one after the other on the same loop; what is pending goes on."""
# fact: 1 Runner.run
import asyncio
from scenario import new_loop, now, out


async def background():
    await asyncio.sleep(2)
    out("background", now())


async def first():
    asyncio.create_task(background())
    await asyncio.sleep(1)
    out("first", now())


async def second():
    await asyncio.sleep(3)
    out("second", now())


with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(first())
    runner.run(second())

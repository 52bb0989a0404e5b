"""run cannot be called on a loop that runs."""
# fact: 1 run
import asyncio
from scenario import new_loop, out, run


async def other():
    out("never")


async def main():
    coroutine = other()
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(coroutine)
    except RuntimeError as e:
        out(e)
    coroutine.close()


run(main)

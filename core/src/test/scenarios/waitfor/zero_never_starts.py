"""A limit of zero or less never starts the coroutine."""
# fact: A 17, 10 timeout <= 0
import asyncio
from scenario import out, run


async def body():
    out("never")


async def main():
    for limit in (0, -1):
        try:
            await asyncio.wait_for(body(), limit)
        except TimeoutError:
            out("timeout")


run(main)

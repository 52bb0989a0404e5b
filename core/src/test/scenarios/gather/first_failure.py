"""gather raises the first failure at once; the siblings run on, their failures are silent."""
# fact: 38.9, A 16, 10 first failure
import asyncio
from scenario import Bang, Boom, now, out, run


async def fails(seconds, error):
    await asyncio.sleep(seconds)
    out("fails", now())
    raise error


async def main():
    try:
        await asyncio.gather(fails(1, Boom()), fails(2, Bang()))
    except Boom:
        out("boom", now())
    await asyncio.sleep(3)
    out("end", now())


run(main)

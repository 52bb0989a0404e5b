"""A gather of nothing is done at once."""
# fact: 10 gather
import asyncio
from scenario import out, run


async def main():
    out(await asyncio.gather())


run(main)

"""wait() for nothing is an error."""
# fact: 10 wait
import asyncio
from scenario import out, run


async def main():
    try:
        await asyncio.wait([])
    except ValueError as e:
        out(e)


run(main)

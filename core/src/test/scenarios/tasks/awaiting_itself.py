"""A task cannot await itself."""
# fact: 9 await on itself, M 115
import asyncio
from scenario import out, run


async def main():
    try:
        await asyncio.current_task()
    except RuntimeError as e:
        out(e)
    out("alive")


run(main)

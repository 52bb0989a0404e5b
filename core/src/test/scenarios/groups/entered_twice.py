"""A group is used once."""
# fact: 12 single use
import asyncio
from scenario import out, run


async def main():
    group = asyncio.TaskGroup()
    async with group:
        pass
    try:
        async with group:
            out("never")
    except RuntimeError as e:
        out(e)


run(main)

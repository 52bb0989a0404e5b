"""Releasing a lock that nobody holds is an error."""
# fact: 14 release
import asyncio
from scenario import out, run


async def main():
    lock = asyncio.Lock()
    try:
        lock.release()
    except RuntimeError as e:
        out(e)


run(main)

"""A TimeoutError that the body raises itself passes, and expired() is false."""
# fact: 11 exit rule
import asyncio
from scenario import out, run


async def main():
    try:
        async with asyncio.timeout(10) as t:
            raise TimeoutError
    except TimeoutError:
        out("timeout", t.expired())


run(main)

"""Awaiting a future of another loop is an error at the await."""
# fact: 8 awaiting a future of another loop
import asyncio
from scenario import new_loop, out, run


async def main():
    other = new_loop()
    future = other.create_future()
    try:
        await future
    except RuntimeError as e:
        out(e)
    other.close()


run(main)

"""At its limit wait_for cancels what it waits for."""
# fact: 10 wait_for timeout
import asyncio
from scenario import now, out, run


async def body():
    try:
        await asyncio.sleep(10)
    finally:
        out("cancelled", now())


async def main():
    try:
        await asyncio.wait_for(body(), 1)
    except TimeoutError:
        out("timeout", now())


run(main)

"""Only an active timeout can be moved."""
# fact: 11 reschedule, 11 states
import asyncio
from scenario import out, run


def attempt(t):
    try:
        t.reschedule(None)
    except RuntimeError as e:
        out(e)


async def main():
    created = asyncio.timeout(10)
    attempt(created)
    async with created:
        pass
    attempt(created)
    try:
        async with created:
            out("never")
    except RuntimeError as e:
        out("entered twice", e)
    try:
        async with asyncio.timeout(1) as t:
            try:
                await asyncio.sleep(10)
            finally:
                attempt(t)
    except TimeoutError:
        attempt(t)


run(main)

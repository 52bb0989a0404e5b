"""Of two nested timeouts the outer one expires first: the cancel passes the inner one."""
# fact: 11 nesting
import asyncio
from scenario import now, out, run


async def main():
    try:
        async with asyncio.timeout(1):
            try:
                async with asyncio.timeout(10) as inner:
                    await asyncio.sleep(100)
            finally:
                out("inner", inner.expired(), now())
    except TimeoutError:
        out("outer", now())


run(main)

"""Two nested timeouts expire together: the outer one raises, the inner lets the cancel pass."""
# fact: A 20, 11 nesting, 4.4 nested timeouts equal deadlines
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    when = loop.time() + 1
    try:
        async with asyncio.timeout_at(when) as outer:
            try:
                async with asyncio.timeout_at(when) as inner:
                    await asyncio.sleep(10)
            except TimeoutError:
                out("inner raised")
            except asyncio.CancelledError:
                out("inner let it pass")
                raise
    except TimeoutError:
        out("outer raised")
    out(outer.expired(), inner.expired(), asyncio.current_task().cancelling())


run(main)

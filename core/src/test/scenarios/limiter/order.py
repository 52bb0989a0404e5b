"""Tokens go to those who wait, in order; one borrower has one."""
# fact: 2 CapacityLimiter
# needs: trio
import trio
from scenario_trio import now, out, run


async def main():
    limiter = trio.CapacityLimiter(1)
    await limiter.acquire()
    out(limiter.borrowed_tokens, limiter.available_tokens, limiter.total_tokens)
    try:
        limiter.acquire_nowait()
    except RuntimeError as e:
        out(e)
    try:
        limiter.acquire_on_behalf_of_nowait("somebody")
    except trio.WouldBlock as e:
        out("none left")

    async def borrow():
        async with limiter:
            out("borrowed", now())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(borrow)
        await trio.sleep(1)
        limiter.release()
    try:
        limiter.release()
    except RuntimeError as e:
        out(e)
    limiter.total_tokens = 3
    out(limiter.available_tokens)


run(main)

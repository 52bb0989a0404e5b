"""A future is pending, then for good finished or cancelled."""
# fact: 8 states, 8 result, 8 exception
import asyncio
from scenario import Boom, out, run


def attempt(call):
    try:
        out(call())
    except BaseException as e:
        out("raised", e)


async def main():
    loop = asyncio.get_running_loop()
    pending, result, failed, cancelled = (loop.create_future() for _ in range(4))
    result.set_result(5)
    failed.set_exception(Boom())
    cancelled.cancel()
    for future in (pending, result, failed, cancelled):
        out(future.done(), future.cancelled())
        attempt(future.result)
        attempt(future.exception)


run(main)

"""What is done cannot be set again, and cancelling it is false."""
# fact: 8 set_result, A 69, M 115
import asyncio
from scenario import Boom, out, run


def attempt(call, *args):
    try:
        call(*args)
    except BaseException as e:
        out("raised", e)


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.set_result(1)
    attempt(future.set_result, 2)
    attempt(future.set_exception, Boom())
    out(future.cancel(), future.result())
    other = loop.create_future()
    out(other.cancel(), other.cancel())
    attempt(other.set_result, 1)


run(main)

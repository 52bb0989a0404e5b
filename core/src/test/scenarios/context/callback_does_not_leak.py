"""What a done-callback sets does not reach the task that awaits."""
# fact: 8 add_done_callback, 33 invisible outside
import asyncio
import contextvars
from scenario import out, run

var = contextvars.ContextVar("var", default="mine")


async def main():
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda f: var.set("callback's"))
    future.set_result(None)
    await asyncio.sleep(0)
    out(var.get())


run(main)

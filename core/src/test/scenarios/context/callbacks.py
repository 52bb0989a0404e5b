"""A callback runs in a copy of the context in which it was scheduled."""
# fact: 3 context, 33 copied when created
import asyncio
import contextvars
from scenario import out, run

var = contextvars.ContextVar("var")


async def main():
    loop = asyncio.get_running_loop()
    var.set("one")
    loop.call_soon(lambda: (out("soon", var.get()), var.set("callback's")))
    loop.call_later(1, lambda: out("later", var.get()))
    future = loop.create_future()
    future.add_done_callback(lambda f: out("done", var.get()))
    var.set("two")
    future.set_result(None)
    await asyncio.sleep(2)
    out("main", var.get())


run(main)

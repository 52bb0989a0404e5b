"""A context that is given is used as it is, and shared."""
# fact: 9 context, 33 context=
import asyncio
import contextvars
from scenario import out, run

var = contextvars.ContextVar("var", default=0)


async def add():
    var.set(var.get() + 1)
    await asyncio.sleep(0)
    return var.get()


async def main():
    context = contextvars.copy_context()
    one = asyncio.create_task(add(), context=context)
    two = asyncio.create_task(add(), context=context)
    out(await one, await two, var.get(), context[var])
    asyncio.get_running_loop().call_soon(lambda: out("callback", var.get()), context=context)
    await asyncio.sleep(0)


run(main)

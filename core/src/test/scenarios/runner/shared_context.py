"""The runs of one Runner share a context."""
# fact: 38.24, 1 context reuse
import asyncio
import contextvars
from scenario import new_loop, out

var = contextvars.ContextVar("var", default="unset")


async def sets():
    var.set("set by the first")


async def gets():
    return var.get()


with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(sets())
    out(runner.run(gets()))
out(var.get())

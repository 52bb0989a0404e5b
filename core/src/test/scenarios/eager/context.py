"""An eager step runs in a copy of the context: the creator's is not touched."""
# fact: A 26, 9.3 context
# since: 3.14
import asyncio
import contextvars
from scenario import out, run

var = contextvars.ContextVar("var", default="main's")


async def child():
    var.set("child's")


async def main():
    await asyncio.create_task(child(), eager_start=True)
    out(var.get())


run(main)

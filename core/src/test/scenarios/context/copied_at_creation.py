"""A task has a copy of its creator's context, made when it was created."""
# fact: 33 copied when created, 9 context
import asyncio
import contextvars
from scenario import out, run

var = contextvars.ContextVar("var", default="default")


async def child():
    out("child", var.get())
    var.set("child's")
    await asyncio.sleep(0)
    out("child", var.get())


async def main():
    out(var.get())
    var.set("main's")
    task = asyncio.create_task(child())
    var.set("changed")
    await task
    out("main", var.get())


run(main)

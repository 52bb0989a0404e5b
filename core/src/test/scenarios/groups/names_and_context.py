"""A child's options are those of any task."""
# fact: 12 create_task
import asyncio
import contextvars
from scenario import out, run

var = contextvars.ContextVar("var", default="default")


async def child():
    out(asyncio.current_task().get_name(), var.get())


async def main():
    context = contextvars.copy_context()
    context.run(var.set, "given")
    async with asyncio.TaskGroup() as group:
        group.create_task(child(), name="child", context=context)


run(main)

"""to_thread gives the result of a function, or raises what it raised."""
# fact: 13 to_thread
# needs: threads
import asyncio
import contextvars
from scenario import Boom, out

var = contextvars.ContextVar("var", default="unset")


def fails():
    raise Boom


async def main():
    var.set("the caller's")
    out(await asyncio.to_thread(lambda: "result"))
    out(await asyncio.to_thread(var.get))
    out(await asyncio.get_running_loop().run_in_executor(None, var.get))
    try:
        await asyncio.to_thread(fails)
    except Boom as e:
        out(e)


asyncio.run(main())

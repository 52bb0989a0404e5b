"""Debug mode checks and traces, and the order stays as it is."""
# fact: A 91
import asyncio
from scenario import now, out, run


async def child(name, future):
    out(name, "begins")
    await asyncio.sleep(0)
    out(name, await future)


async def main():
    loop = asyncio.get_running_loop()
    out(loop.get_debug())
    future = loop.create_future()
    tasks = [asyncio.create_task(child(name, future)) for name in ("a", "b")]
    loop.call_soon(lambda: out("soon"))
    loop.call_later(1, lambda: (out("later", now()), future.set_result("done")))
    await asyncio.gather(*tasks)


run(main, debug=True)

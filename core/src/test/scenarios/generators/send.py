"""What is sent is the value of the yield."""
# fact: 31
import asyncio
from scenario import out, run


async def echo():
    got = yield "first"
    while True:
        got = yield f"echo {got}"


async def main():
    generator = echo()
    out(await generator.__anext__())
    out(await generator.asend("a"))
    out(await generator.asend("b"))
    await generator.aclose()


run(main)

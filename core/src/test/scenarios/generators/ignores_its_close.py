"""A generator that yields after it was closed is in error."""
# fact: 31
# better: it is over then, and is not closed a second time at the end
import asyncio
from scenario import out, run


async def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            out("ignored")


async def main():
    generator = stubborn()
    out(await generator.__anext__())
    try:
        await generator.aclose()
    except RuntimeError as e:
        out(e)


run(main)

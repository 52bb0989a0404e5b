"""What ended in the same turn as the first is done too."""
# fact: 10 return_when
import asyncio
from scenario import out, run


async def main():
    loop = asyncio.get_running_loop()
    one, two, three = (loop.create_future() for _ in range(3))

    def both():
        one.set_result(None)
        two.set_result(None)

    loop.call_soon(both)
    done, pending = await asyncio.wait([one, two, three], return_when=asyncio.FIRST_COMPLETED)
    out(len(done), len(pending))
    three.cancel()


run(main)

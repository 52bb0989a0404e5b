"""A Runner makes its loop when it needs it, and is closed for good."""
# fact: 1 Runner, 1 Runner.close
import asyncio
from scenario import new_loop, out


async def main():
    return "ran"


runner = asyncio.Runner(loop_factory=new_loop)
runner.close()
out(runner.run(main()))
loop = runner.get_loop()
out(loop.is_closed(), runner.get_loop() is loop)
runner.close()
runner.close()
out(loop.is_closed())
for call in (runner.get_loop, lambda: runner.run(main())):
    try:
        call()
    except RuntimeError as e:
        out(e)

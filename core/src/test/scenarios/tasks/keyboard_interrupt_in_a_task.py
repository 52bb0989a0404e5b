"""KeyboardInterrupt in a background task ends the run; it is stored in the task too."""
# fact: 9.1.16, A 65, 2 KeyboardInterrupt, 4.4 KeyboardInterrupt in child
import asyncio
from scenario import kind, new_loop, out


async def interrupted():
    raise KeyboardInterrupt


async def main():
    await asyncio.sleep(10)


loop = new_loop()
task = loop.create_task(interrupted())
main_task = loop.create_task(main())
try:
    loop.run_until_complete(main_task)
except KeyboardInterrupt as e:
    out("run raised", kind(e))
out(task.done(), task.exception(), main_task.done())
main_task.cancel()
try:
    loop.run_until_complete(main_task)
except asyncio.CancelledError:
    out("main cancelled")
loop.close()

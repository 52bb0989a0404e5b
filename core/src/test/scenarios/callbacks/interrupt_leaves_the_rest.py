"""KeyboardInterrupt from a callback ends the run; the handles behind it run next time."""
# fact: 38.22, A 65, 3 exception in callback
from scenario import kind, new_loop, out

loop = new_loop()


def interrupted():
    raise KeyboardInterrupt


loop.call_soon(lambda: out("before"))
loop.call_soon(interrupted)
loop.call_soon(lambda: out("one"))
loop.call_soon(lambda: out("two"))
try:
    loop.run_forever()
except KeyboardInterrupt as e:
    out("raised", kind(e))
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()

"""A cancelled handle is skipped."""
# fact: 3 Handle
from scenario import new_loop, out

loop = new_loop()
handle = loop.call_soon(lambda: out("never"))
timer = loop.call_later(1, lambda: out("never either"))
out(handle.cancelled(), timer.cancelled())
handle.cancel()
handle.cancel()
loop.call_soon(timer.cancel)
loop.call_later(2, loop.stop)
loop.run_forever()
out(handle.cancelled(), timer.cancelled(), round(loop.time() * 1000))
loop.close()

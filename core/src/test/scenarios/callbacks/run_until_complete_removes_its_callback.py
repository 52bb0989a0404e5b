"""After a run that was interrupted, the future does not stop a later run."""
# fact: A 64, 2 cleanup of its callback
from scenario import kind, new_loop, out

loop = new_loop()
future = loop.create_future()


def interrupted():
    raise KeyboardInterrupt


loop.call_soon(interrupted)
try:
    loop.run_until_complete(future)
except KeyboardInterrupt as e:
    out("raised", kind(e))
loop.call_soon(lambda: future.set_result(None))
loop.call_later(1, lambda: out("still running"))
loop.call_later(2, loop.stop)
loop.run_forever()
loop.close()

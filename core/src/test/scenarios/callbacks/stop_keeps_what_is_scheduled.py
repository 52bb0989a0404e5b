"""The batch of stop() ends; what was scheduled meanwhile waits for the next run."""
# fact: A 63, 2 stop
from scenario import new_loop, out

loop = new_loop()


def stops():
    loop.stop()
    loop.call_soon(lambda: out("next run"))


loop.call_soon(stops)
loop.call_soon(lambda: out("same batch"))
loop.run_forever()
out("between", loop.is_running())
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()

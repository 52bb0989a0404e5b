"""Timers outlive a stop and fire in the next run."""
# fact: 4 timers on stopped loop
from scenario import new_loop, out

loop = new_loop()
loop.call_later(2, lambda: out("timer"))
loop.call_later(1, loop.stop)
loop.run_forever()
out("stopped", round(loop.time() * 1000))
loop.call_later(2, loop.stop)
loop.run_forever()
loop.close()

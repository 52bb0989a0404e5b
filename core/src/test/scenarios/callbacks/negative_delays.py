"""Of two timers in the past the earlier one runs first."""
# fact: 4 call_later
from scenario import new_loop, out

loop = new_loop()
loop.call_later(-1, lambda: out("minus one"))
loop.call_later(-2, lambda: out("minus two"))
loop.call_soon(lambda: out("soon"))
loop.call_later(1, loop.stop)
loop.run_forever()
loop.close()

"""stop() before run_forever: one turn, with what was queued."""
# fact: 38.21, A 63, 2 stop before run
from scenario import new_loop, out

loop = new_loop()
loop.stop()
loop.call_soon(lambda: (out("a"), loop.call_soon(lambda: out("later"))))
loop.run_forever()
out("returned")
loop.stop()
loop.run_forever()
loop.close()

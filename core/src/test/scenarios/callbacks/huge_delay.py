"""A timer centuries away neither fires nor overflows."""
# fact: 4 very large delays
from scenario import new_loop, out

loop = new_loop()
timer = loop.call_later(10**11, lambda: out("never"))
loop.call_later(1, loop.stop)
loop.run_forever()
out(timer.cancelled(), round(loop.time() * 1000))
timer.cancel()
loop.close()

"""Timers run by their time, whatever the order they were made in."""
# fact: 4 order, 4 call_later
from scenario import new_loop, out

loop = new_loop()
for delay in (3, 1, 2):
    loop.call_later(delay, lambda d=delay: out(d, round(loop.time() * 1000)))
loop.call_later(4, loop.stop)
loop.run_forever()
loop.close()

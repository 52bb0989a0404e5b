"""Timers of the same instant: asyncio leaves the order open, jloop takes that of creation."""
# fact: 38.27, 4 equal times
# better: timers of the same instant fire in the order they were made
# order: fifo
from scenario import new_loop, out

loop = new_loop()
for i in range(8):
    loop.call_at(1, lambda i=i: out(i))
loop.call_at(2, loop.stop)
loop.run_forever()
loop.close()

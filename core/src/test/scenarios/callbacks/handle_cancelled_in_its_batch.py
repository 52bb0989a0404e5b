"""A callback can call off another one that is in the same batch."""
# fact: 3 Handle
from scenario import new_loop, out

loop = new_loop()
handles = []
loop.call_soon(lambda: handles[0].cancel())
handles.append(loop.call_soon(lambda: out("never")))
loop.call_soon(lambda: (out("last"), loop.stop()))
loop.run_forever()
loop.close()

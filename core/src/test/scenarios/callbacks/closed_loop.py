"""A closed loop refuses work, and closing again does nothing."""
# fact: 2 close
from scenario import new_loop, out

loop = new_loop()
out(loop.is_closed())
loop.call_soon(lambda: out("never"))
loop.close()
loop.close()
out(loop.is_closed())
for call in (lambda: loop.call_soon(print), lambda: loop.call_later(1, print),
             lambda: loop.call_at(1, print), lambda: loop.call_soon_threadsafe(print),
             loop.run_forever, lambda: loop.run_until_complete(loop.create_future())):
    try:
        call()
    except RuntimeError as e:
        out(e)
out(loop.create_future().done())

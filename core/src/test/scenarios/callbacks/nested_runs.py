"""A loop that runs cannot be run again, nor another one in its thread, nor be closed."""
# fact: 2 run_forever, O 120
from scenario import new_loop, out

loop = new_loop()
other = new_loop()


def attempt(call):
    try:
        call()
    except RuntimeError as e:
        out(e)


def callback():
    attempt(loop.run_forever)
    attempt(other.run_forever)
    attempt(loop.close)
    loop.stop()


loop.call_soon(callback)
loop.run_forever()
out(loop.is_running(), loop.is_closed())
loop.close()
other.close()

"""scenario.py for what trio has and asyncio has not: level-triggered scopes, start, channels."""
import trio
import trio.testing
from scenario import Bang, Boom, kind, out  # noqa: F401


def now():
    return round(trio.current_time() * 1000) - _start[0]


_start = [0]


def run(main):
    """Runs `main`, a coroutine function, in virtual time; prints what it raises."""
    async def timed():
        _start[0] = round(trio.current_time() * 1000)
        await main()

    try:
        trio.run(timed, clock=trio.testing.MockClock(autojump_threshold=0))
    except BaseException as e:
        out("raised", kind(e))

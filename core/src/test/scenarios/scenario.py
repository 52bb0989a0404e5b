"""What every scenario prints with, and the loop in virtual time that it runs on.

Python's words for what Java says otherwise are avoided: true, false and null as Java has them,
times in whole milliseconds. Exceptions are printed by kind, never by text.
"""
import asyncio
import sys
from asyncio import base_events, events

_start = {}


def text(value):
    if value is None:
        return "null"
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, BaseException):
        return kind(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(text(v) for v in value) + "]"
    return str(value)


def out(*values):
    """One line of the trace."""
    print(" ".join(text(v) for v in values))


def kind(e):
    """The exception's type, and for a group what it holds."""
    if isinstance(e, BaseExceptionGroup):
        return type(e).__name__ + "(" + ", ".join(kind(x) for x in e.exceptions) + ")"
    return type(e).__name__


def now():
    """Virtual milliseconds of the running loop."""
    return round(asyncio.get_running_loop().time() * 1000)


class Boom(Exception):
    """What a scenario raises of its own."""


class Bang(Exception):
    """And another one."""


class _Selector:
    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("the loop waits for nothing")
        if timeout > 0:
            self.loop._now = round(self.loop._now + timeout, 9)
        return []


class VirtualLoop(base_events.BaseEventLoop):
    """A loop whose clock jumps instead of sleeping."""

    def __init__(self):
        super().__init__()
        self._now = 0.0
        self._selector = _Selector(self)

    def time(self):
        return self._now

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


def new_loop():
    """A loop that prints what its exception handler is told."""
    loop = VirtualLoop()
    loop.set_exception_handler(_handler)
    return loop


def _handler(loop, context):
    exception = context.get("exception")
    out("handler:", kind(exception) if exception is not None else "no exception")


def run(main, **options):
    """asyncio.run of `main`, a coroutine function; prints what it returns or raises."""
    events._set_running_loop(None)
    try:
        with asyncio.Runner(loop_factory=new_loop, **options) as runner:
            result = runner.run(main())
    except BaseException as e:
        out("raised", kind(e))
    else:
        if result is not None:
            out("returned", result)

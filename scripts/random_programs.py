"""Runs random programs under asyncio, in virtual time: see record-random-programs.sh.

Usage: random_programs.py PROGRAMS [OUT COUNT]
Compares CPython's trace with what the model expects of CPython, and writes those where jloop
means to do the same, COUNT of them.
"""
import asyncio
import itertools
import sys
from asyncio import base_events, events


class Timer(events.TimerHandle):
    """Timers of the same instant fire in order of creation; asyncio leaves it open."""
    count = itertools.count()

    def __init__(self, *args):
        super().__init__(*args)
        self.seq = next(Timer.count)

    def __lt__(self, other):
        return (self._when, self.seq) < (other._when, other.seq)


class Selector:
    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("the loop waits for nothing")
        self.loop.now += timeout
        return []


class Loop(base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self.now = 0.0
        self._selector = Selector(self)

    def time(self):
        return self.now

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


class Raised(Exception):
    pass


class Refused(Exception):
    """A group did not make a task."""


class Ordered(dict):
    """A set for a TaskGroup, which cancels its tasks in any order."""
    def add(self, task):
        self[task] = None

    def discard(self, task):
        self.pop(task, None)


def kind(e):
    if isinstance(e, asyncio.CancelledError):
        return "cancelled" + (f":{e.args[0]}" if e.args and e.args[0] is not None else "")
    if isinstance(e, TimeoutError):
        return "timeout"
    if isinstance(e, BaseExceptionGroup):
        return "group[" + ", ".join(map(kind, e.exceptions)) + "]"
    if isinstance(e, Refused):
        return "refused"
    return "raised" if isinstance(e, Raised) else repr(e)


def reason(n):
    return f"r{n}" if n else None


class Run:
    def __init__(self, loop):
        self.loop = loop
        self.tasks = {}
        self.groups = {}
        self.trace = []

    def run(self, program):
        self.spawn(0, program)
        for i in range(8):
            task = self.tasks.get(i)
            if task is not None and not task.done():
                try:
                    self.loop.run_until_complete(task)
                except (Exception, asyncio.CancelledError):
                    pass
        return ";".join(self.trace)

    def spawn(self, index, body):
        self.tasks[index] = self.loop.create_task(self.carry_out(index, body))

    async def carry_out(self, index, body):
        try:
            await self.block(index, body)
            self.log(index, "body ok")
        except (Exception, asyncio.CancelledError) as e:
            self.log(index, "body " + kind(e))
            raise

    def log(self, me, event):
        self.trace.append(f"{round(self.loop.time())} {me} {event} {self.tasks[me].cancelling()}")

    async def block(self, me, block):
        for s in block:
            await self.statement(me, s)
            self.log(me, s[0])

    async def statement(self, me, s):
        op, a, b, body, handler, last = s
        other = self.tasks.get(a)
        if op == "sleep":
            await asyncio.sleep(a)
        elif op == "raise":
            raise Raised()
        elif op == "cancel":
            if other is not None:
                other.cancel(reason(b))
        elif op == "cancelin":
            if other is not None:
                self.loop.call_later(1, lambda: other.cancel(reason(b)))
        elif op == "uncancel":
            self.tasks[me].uncancel()
        elif op == "await":
            if other is not None:
                await other
        elif op == "shield":
            if other is not None:
                await asyncio.shield(other)
        elif op == "gather":
            children = dict.fromkeys(t for t in (other, self.tasks.get(b)) if t is not None)
            if children:
                await asyncio.gather(*children)
        elif op == "waitfor":
            if other is not None:
                await asyncio.wait_for(other, b)
        elif op == "spawn":
            self.spawn(a, body)
        elif op == "child":
            if a in self.groups:
                try:
                    self.tasks[b] = self.groups[a].create_task(self.carry_out(b, body))
                except RuntimeError:
                    raise Refused from None
        elif op == "group":
            async with asyncio.TaskGroup() as group:
                group._tasks = Ordered()
                self.groups[a] = group
                await self.block(me, body)
        elif op == "timeout":
            async with asyncio.timeout(a):
                await self.block(me, body)
        elif op == "try":
            try:
                await self.block(me, body)
            except asyncio.CancelledError as e:
                if a != 1:
                    raise
                self.log(me, "caught " + kind(e))
                await self.block(me, handler)
            except Exception as e:
                if a != 2:
                    raise
                self.log(me, "caught " + kind(e))
                await self.block(me, handler)
            finally:
                await self.block(me, last)
        else:
            raise AssertionError(op)


def run(program):
    loop = Loop()
    loop.set_exception_handler(lambda loop, context: None)
    try:
        return Run(loop).run(program)
    finally:
        loop._ready.clear()
        loop._scheduled.clear()
        loop.close()


def main(programs, out=None, count=0):
    base_events.events.TimerHandle = Timer
    different = 0
    left_out = 0
    recorded = []
    for line in open(programs):
        seed, program, expected, same = eval(line)
        trace = run(program)
        left_out += not same
        if trace != expected:
            different += 1
            if different <= 3:
                print("seed", seed, program)
                print("model  ", expected)
                print("CPython", trace)
        elif same and len(recorded) < int(count):
            recorded.append(f"{seed} {trace}\n")
    if out:
        with open(out, "w") as file:
            file.writelines(recorded)
    print(sys.version.split()[0], "differ:", different, "meant to differ:", left_out)
    return different


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)

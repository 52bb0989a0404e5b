"""Runs a command on a terminal of its own, as its foreground job. What this program reads is typed
on the terminal, what the terminal shows is printed; when the command has ended, also its status,
and whether the terminal is as it was: in blocking mode, with the same settings.
"""
import fcntl
import os
import pty
import select
import sys
import termios

screen, terminal = pty.openpty()
before = termios.tcgetattr(terminal)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for stream in (0, 1, 2):
        os.dup2(terminal, stream)
    os.execvp(sys.argv[1], sys.argv[1:])

ended = os.pidfd_open(child)
watched = [screen, 0, ended]
while True:
    ready = select.select(watched, [], [])[0]
    if screen in ready:
        os.write(1, os.read(screen, 4096))
    if 0 in ready:          # even if the screen is never done
        keys = os.read(0, 4096)
        if not keys:
            watched.remove(0)
        os.write(screen, keys)
    if ready == [ended]:
        break

status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
blocks = fcntl.fcntl(terminal, fcntl.F_GETFL) & os.O_NONBLOCK == 0
same = termios.tcgetattr(terminal) == before
print(f"\n[status {status}, blocks {blocks}, same settings {same}]")

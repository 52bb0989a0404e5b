"""Joins two network namespaces of its own, near and far, and does to their packets what it is
told, a word and a number a line:

drop N      drops each Nth packet, 0 none, 1 all
family N    drops only those of IPv4 (4), IPv6 (6), or both (0)
delay N     each arrives N milliseconds later
double N    each Nth packet arrives twice, 0 none
overtake N  each Nth packet arrives 2 milliseconds later than the others, 0 none
freeze 1    all wait, until freeze 0
reset 0     as at the beginning

Each line is answered by the number of packets dropped so far. The namespaces last as long as this
program, which ends with its input.
"""
import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000               # sched.h
TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001           # linux/if_tun.h

ADDRESSES = '''
link set lo up
addr add 10.77.0.{0}/24 dev relay
addr add fd77::{0}/64 dev relay nodad
link set relay up
route change 10.77.0.0/24 dev relay proto kernel scope link src 10.77.0.{0} rto_min 5ms
'''


def make_namespace(number):
    """Puts this process into a new namespace. Returns the descriptors of it and of its link."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), 'unshare')
    namespace = os.open('/proc/self/ns/net', os.O_RDONLY)
    link = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(link, TUNSETIFF, struct.pack('16sH22x', b'relay', IFF_TUN_NO_PI))
    subprocess.run(['ip', '-batch', '-'], input=ADDRESSES.format(number), text=True, check=True)
    return namespace, link


try:
    (near_space, near), (far_space, far) = make_namespace(1), make_namespace(2)
except OSError as e:
    sys.exit('cannot make network namespaces, which takes root (CAP_SYS_ADMIN, CAP_NET_ADMIN)'
             f' and /dev/net/tun: {e}')
print(os.getpid(), near_space, far_space, flush=True)

RESET = {'drop': 0, 'family': 0, 'delay': 0, 'double': 0, 'overtake': 0, 'freeze': 0, 'reset': 0}
told = dict(RESET)
seen = dropped = taken = 0
waiting = []                            # (when due, number, where to, packet), a heap


def is_dropped(packet):
    global seen, dropped
    if told['drop'] == 0 or told['family'] not in (0, packet[0] >> 4):
        return False
    seen += 1
    if seen % told['drop']:
        return False
    dropped += 1
    return True


def is_nth(word):
    return told[word] and taken % told[word] == 0


def wait(packet, other):
    global taken
    taken += 1
    due = time.monotonic() + (told['delay'] + 2 * is_nth('overtake')) / 1000
    heapq.heappush(waiting, (due, taken, other, packet))


def take(link, other):
    try:
        while True:
            packet = os.read(link, 65536)
            if not is_dropped(packet):
                wait(packet, other)
                if is_nth('double'):
                    wait(packet, other)
    except BlockingIOError:
        pass


def hand_on():
    """Returns for how long there is nothing to do, None for ever."""
    while waiting and not told['freeze']:
        due, _, link, packet = waiting[0]
        left = due - time.monotonic()
        if left > 0:
            return left
        heapq.heappop(waiting)
        os.write(link, packet)
    return None


while True:
    ready, _, _ = select.select([0, near, far], [], [], hand_on())
    if near in ready:
        take(near, far)
    if far in ready:
        take(far, near)
    if 0 in ready:
        line = sys.stdin.readline().split()
        if not line:
            break
        if line[0] == 'reset':
            told = dict(RESET)
        told[line[0]] = int(line[1])
        print(dropped, flush=True)

"""confined.py CONFINEMENT COMMAND...: becomes the command, confined in one way.

EPERM, ENOSYS   io_uring_setup(2) fails by that, as in a container with a profile of seccomp(2)
memlock=BYTES   it may lock no more memory than that, and is not exempt
"""
import ctypes
import errno
import os
import resource
import struct
import sys

PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38       # linux/prctl.h
SECCOMP_MODE_FILTER = 2                                 # linux/seccomp.h
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06     # linux/bpf_common.h
CAP_IPC_LOCK = 14
IO_URING_SETUP = 425                                    # the same on all machines

libc = ctypes.CDLL(None, use_errno=True)


def prctl(*arguments):
    if libc.prctl(*map(ctypes.c_ulong, arguments), *[ctypes.c_ulong(0)] * (5 - len(arguments))):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), 'prctl')


def refuse(number, error):
    program = b''.join(struct.pack('HBBI', *instruction) for instruction in (
        (LOAD_WORD, 0, 0, 0),                           # the number of the call
        (JUMP_IF_EQUAL, 0, 1, number),
        (RETURN, 0, 0, SECCOMP_RET_ERRNO | error),
        (RETURN, 0, 0, SECCOMP_RET_ALLOW)))
    memory = ctypes.create_string_buffer(program)
    filters = ctypes.create_string_buffer(
        struct.pack('HP', len(program) // 8, ctypes.addressof(memory)))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filters))


confinement, _, number = sys.argv[1].partition('=')
if confinement == 'memlock':
    if os.geteuid() == 0:
        prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK)            # what root becomes has it not
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (int(number), int(number)))
else:
    refuse(IO_URING_SETUP, getattr(errno, confinement))
os.execvp(sys.argv[2], sys.argv[2:])

"""Ties a process to its parent: when the parent is gone, however it ended, the child is told to go too."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def tie(sent: signal.Signals, parent: int) -> None:
    """Let the kernel send this process the signal when its parent's main thread ends; leave if it has ended already."""
    if _libc is not None:
        _libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(sent))
    if os.getppid() != parent:
        os._exit(1)


def tied_to_me(sent: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that ties the child to the calling process. Call it from the main thread only."""
    me = os.getpid()
    return lambda: tie(sent, me)


def started_at(pid: int) -> str:
    """When the process began, in the kernel's own count: with the pid it names one process for ever; empty if gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]

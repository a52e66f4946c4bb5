"""What a process costs, from /proc: memory, processor time, children."""

from collections.abc import Iterable
from pathlib import Path


def children(pid: int) -> list[int]:
    """The child processes of a process."""
    return sorted(child for child, parent in _parents().items() if parent == pid)


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    return _descend(pid, _parents())


def _descend(pid: int, parents: dict[int, int]) -> list[int]:
    """
    >>> _descend(1, {2: 1, 3: 2, 4: 9})
    [1, 2, 3]
    """
    below = [
        member for child, parent in sorted(parents.items()) if parent == pid for member in _descend(child, parents)
    ]
    return [pid, *below]


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int(
                    (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[1]
                )
            except OSError:
                continue  # it has just ended
    return found


def memory_mb(pids: Iterable[int], kind: str = "Pss") -> float:
    """The memory that lies in RAM for some processes, in MB of a million bytes.

    What several processes share is divided between them (Pss), so the sum over a family counts each page once; or
    counted for each of them (Rss).
    """
    return sum(_kb(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii", "replace"), kind) for pid in pids) * 1024 / 1e6


def _kb(rollup: str, name: str) -> int:
    """
    >>> _kb("Rss:  120 kB\\nPss:   96 kB\\nPss_Dirty:  8 kB\\n", "Pss")
    96
    """
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{name}:"))


def cpu_seconds(pid: int) -> float:
    """Processor time that all threads of a process have used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100  # user and system, in hundredths on every Linux of today

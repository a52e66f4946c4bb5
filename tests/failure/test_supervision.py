"""One command starts everything, keeps it running, and takes everything with it; what goes wrong is one sentence."""

import os
import pwd
import resource
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import PROJECT, Run, free_ports, get, reachable, until

pytestmark = pytest.mark.slow

GONE_WITHIN = 10.0  # seconds from a signal to the end
BACK_WITHIN = 20.0  # seconds from a killed process to the next answer
SECOND_START = 5.0  # seconds, architecture 1

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: an ordinary user cannot become another one")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return reachable(tmp_path) / "data"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a demo has used and left cleanly; copied for tests that start a second time."""
    folder = reachable(tmp_path_factory.mktemp("used")) / "data"
    run = Run(folder)
    run.address()
    run.stop()
    return folder


@pytest.fixture
def run(used: Path) -> Iterator[Run]:
    """A demo that runs, on a data folder that was there before."""
    started = Run(used)
    try:
        started.address()
        yield started
    finally:
        started.stop()


def stream(run: Run) -> socket.socket:
    """A board's stream that is held open."""
    held = socket.create_connection(("127.0.0.1", run.port + 1), timeout=5)
    held.sendall(b"GET /live/malls/magetan/board HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200" in held.recv(100)
    return held


def gone(run: Run) -> bool:
    return not {pid for pid in run.processes() if pid != run.process.pid}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_cleanly_also_with_a_stream_open(run: Run, sent: signal.Signals) -> None:
    with stream(run):
        assert run.stop(sent) < GONE_WITHIN
    assert run.process.returncode == 0
    until(lambda: gone(run), 2, lambda: str(run.processes()))


def test_a_second_signal_hurries(run: Run) -> None:
    with stream(run):
        run.process.send_signal(signal.SIGTERM)
        run.process.send_signal(signal.SIGTERM)
        assert run.stop() < GONE_WITHIN
    assert gone(run)


def test_a_signal_while_it_starts_leaves_nothing(folder: Path) -> None:
    run = Run(folder)
    until((folder / "secrets.json").exists, 30, lambda: run.output)
    assert run.stop(signal.SIGINT) < GONE_WITHIN
    until(lambda: gone(run), 2, lambda: str(run.processes()))
    again = Run(folder)
    assert get(again.address()) == (200, b"ok\n")
    again.stop()


def test_the_second_start_is_quick_and_finds_the_data(used: Path) -> None:
    run = Run(used)
    address = run.address()
    seconds = time.monotonic() - run.began
    print(f"second start to the ready line: {seconds:.1f} s")
    run.stop()
    assert seconds < SECOND_START
    assert "Making the database" not in run.output
    assert address.startswith("http://127.0.0.1:")
    assert len(run.output.strip().splitlines()) == 1, run.output  # the ready line, and nothing else


@pytest.mark.parametrize(
    "words",
    [("serving", "pages"), ("serving", "live"), ("-m pendapa work",), ("postgres", "-D")],
    ids=["a pages worker", "a live worker", "the worker", "the database"],
)
def test_what_is_killed_is_started_again(run: Run, words: tuple[str, ...]) -> None:
    address = f"http://127.0.0.1:{run.port}"
    killed = run.pid_of(*words)
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in run.processes(), 5)
    until(lambda: get(address, "/magetan/")[0] == 200, BACK_WITHIN, lambda: run.output)
    until(lambda: bool(run.pid_of(*words)), BACK_WITHIN, lambda: run.output)
    until(lambda: get(f"http://127.0.0.1:{run.port + 1}", "/")[0] in {200, 404}, BACK_WITHIN, lambda: run.output)
    assert run.process.poll() is None


def test_a_whole_server_that_is_killed_is_started_again(run: Run) -> None:
    address = f"http://127.0.0.1:{run.port}"
    master = min(pid for pid, command in run.processes().items() if "serving pages" in command)
    os.kill(master, signal.SIGKILL)
    until(lambda: master not in run.processes(), 5)
    until(lambda: get(address, "/magetan/")[0] == 200, BACK_WITHIN, lambda: run.output)


def test_a_killed_supervisor_leaves_nothing_that_blocks_the_next_start(used: Path) -> None:
    run = Run(used)
    run.address()
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait(10)
    again = Run(used, port=run.port)
    assert get(again.address()) == (200, b"ok\n")
    again.stop()
    until(lambda: gone(run), 5, lambda: str(run.processes()))


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_in_use_is_said_before_anything_starts(folder: Path, which: int) -> None:
    port = free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + which))
        other.listen()
        sentence = Run(folder, port=port).sentence()
    assert f"Port {port + which} on 127.0.0.1 is in use by another program" in sentence
    assert not (folder / "postgres").exists()


def test_a_folder_in_use_is_left_to_its_owner(run: Run) -> None:
    sentence = Run(run.folder).sentence()
    assert f"is already used by a running Pendapa (process {run.process.pid})" in sentence
    assert get(f"http://127.0.0.1:{run.port}") == (200, b"ok\n")


def test_a_folder_of_another_major_version_is_not_touched(used: Path, folder: Path) -> None:
    shutil.copytree(used, folder, symlinks=True, ignore=shutil.ignore_patterns("socket", "bin"))
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    sentence = Run(folder).sentence()
    assert "15" in sentence
    assert "18" in sentence


def test_a_folder_of_somebody_else_is_not_touched(folder: Path) -> None:
    folder.mkdir()
    (folder / "photos.zip").write_text("holiday")
    assert "holds files that are not Pendapa's" in Run(folder).sentence()


def test_a_file_in_the_place_of_the_folder(folder: Path) -> None:
    folder.write_text("a file")
    assert "is not a folder" in Run(folder).sentence()


def test_a_real_mall_does_not_run_on_the_data_of_the_demo(used: Path) -> None:
    sentence = Run(used, "serve", environment={"ALLOWED_HOSTS": "localhost"}).sentence()
    assert "belongs to the demo, whose passwords are public" in sentence


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def test_a_disk_that_fills_up_is_said_in_one_sentence(folder: Path) -> None:
    """A limit on the size of files stands for the full disk: PostgreSQL gets the same refusal from the kernel."""
    run = Run(folder, preexec_fn=_small_files)
    assert run.process.wait(60) == 1
    assert f"The disk that holds {folder} is full" in run.output.strip().splitlines()[-1], run.output
    assert "Traceback" not in run.output
    again = Run(folder)
    assert get(again.address()) == (200, b"ok\n")
    again.stop()


@needs_root
def test_a_full_disk_is_said_in_one_sentence(folder: Path) -> None:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here; the limit on files stands for it")
    try:
        assert f"The disk that holds {folder} is full" in Run(folder).sentence()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
def test_as_root_the_database_runs_as_somebody_else(run: Run) -> None:
    postgres = run.pid_of("postgres", "-D")
    assert Path(f"/proc/{postgres}").stat().st_uid != 0
    assert stat.S_IMODE((run.folder / "secrets.json").stat().st_mode) == 0o600


@pytest.fixture(scope="module")
def for_others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in the home of an ordinary user, who installs it with a Python that is open to all."""
    nobody = pwd.getpwnam("nobody")
    home = reachable(tmp_path_factory.mktemp("home")) / "nobody"
    copy = home / "pendapa"
    copy.mkdir(parents=True)
    for name in ("pendapa", "pyproject.toml"):
        shutil.copy2(PROJECT / name, copy / name)
    for name in ("src", "requirements"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", str(home)], check=True)
    return home


def as_nobody(home: Path, folder: Path) -> Run:
    nobody = pwd.getpwnam("nobody")
    return Run(
        folder,
        launcher=home / "pendapa" / "pendapa",
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd=home,
        environment={"HOME": str(home), "USER": "nobody", "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )


@needs_root
def test_an_ordinary_user_starts_it_too(for_others: Path) -> None:
    run = as_nobody(for_others, for_others / "data")
    assert get(run.address()) == (200, b"ok\n")
    nobody = pwd.getpwnam("nobody").pw_uid
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in run.processes()} == {nobody}
    assert stat.S_IMODE((for_others / "data" / "secrets.json").stat().st_mode) == 0o600
    assert run.stop() < GONE_WITHIN


@needs_root
def test_a_closed_folder_is_said_in_one_sentence(for_others: Path, tmp_path: Path) -> None:
    folder = reachable(tmp_path) / "closed"
    folder.mkdir(mode=0o700)
    run = as_nobody(for_others, folder)
    assert run.process.wait(120) == 1
    last = run.output.strip().splitlines()[-1]
    assert f"The data folder {folder} cannot be read and written by this user" in last

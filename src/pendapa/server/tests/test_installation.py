import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pendapa.server import env, lifeline
from pendapa.server.installation import Installation, default_folder
from pendapa.server.problems import Problem

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def opened(folder: Path) -> Installation:
    installation = Installation(folder)
    installation.open()
    return installation


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    first = opened(tmp_path / "data").secrets()
    assert opened(tmp_path / "data").secrets() == first
    assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600
    env.read({name: first[name] for name in ("SECRET_KEY", "FIELD_KEYS", "HASH_KEY")})
    assert len(set(first.values())) == len(first)


def test_a_damaged_key_file_is_never_replaced(tmp_path: Path) -> None:
    installation = opened(tmp_path / "data")
    (installation.folder / "secrets.json").write_text("{")
    with pytest.raises(Problem, match="put its copy back"):
        installation.secrets()
    assert (installation.folder / "secrets.json").read_text() == "{"


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.txt").write_text("photos")
    with pytest.raises(Problem, match="not Pendapa's"):
        opened(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(Problem, match="is not a folder"):
        opened(tmp_path / "data")


@as_root
def test_an_unreadable_folder_is_one_sentence(tmp_path: Path) -> None:
    opened(tmp_path / "data")
    (tmp_path / "data").chmod(0)
    try:
        with pytest.raises(Problem, match="cannot be read and written by this user"):
            opened(tmp_path / "data")
    finally:
        (tmp_path / "data").chmod(0o700)


def test_one_supervisor_holds_a_folder(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "data"), opened(tmp_path / "data")
    first.claim()
    assert second.is_running()
    with pytest.raises(Problem, match=f"already used by a running Pendapa \\(process {os.getpid()}\\)"):
        second.claim()
    first.release()
    assert not second.is_running()
    second.claim()
    second.release()


def test_what_a_killed_supervisor_left_is_ended_but_nothing_else(tmp_path: Path) -> None:
    installation = opened(tmp_path / "data")
    stubborn = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]
    with subprocess.Popen(stubborn) as left, subprocess.Popen(stubborn) as other:
        try:
            installation.remember([left.pid])
            known = json.loads((installation.folder / "running.json").read_text())
            known.append({"pid": other.pid, "started_at": "1"})  # the number was given to another process since
            (installation.folder / "running.json").write_text(json.dumps(known))
            installation.wait_for_leftovers()
            assert left.wait(5) != 0
            assert other.poll() is None
        finally:
            other.kill()
            left.kill()


def test_a_process_is_known_by_its_start() -> None:
    assert lifeline.started_at(os.getpid()) == lifeline.started_at(os.getpid()) != ""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert lifeline.started_at(ended.pid) == ""


def test_the_usual_folder_depends_on_who_asks() -> None:
    assert default_folder(env.read({"PENDAPA_DATA": "/srv/mall"})) == Path("/srv/mall")
    expected = "/var/lib/pendapa" if os.geteuid() == 0 else "/home/x/data/pendapa"
    assert default_folder(env.read({"XDG_DATA_HOME": "/home/x/data"})) == Path(expected)

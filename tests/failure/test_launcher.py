"""What the launcher says on a machine that lacks something: one sentence, and no trace left behind."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "cksum", "find", "dirname", "readlink")  # of POSIX, which the launcher may count on

OLD = 'case $* in *--version*) echo "Python 3.9.2";; *) exit 1;; esac'  # fails every question it is asked
BARE = "case $* in *ensurepip*) exit 1;; esac"  # new enough, without venv


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment, and a folder of tools without any Python."""
    folder = tmp_path / "checkout"
    (folder / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "pendapa", folder)
    for lock in (ROOT / "requirements").glob("*.txt"):
        shutil.copy(lock, folder / "requirements")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    return folder


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        (None, "Python 3.11 or newer is missing; install it"),
        (OLD, "Python 3.11 or newer is needed, but python3 is Python 3.9.2; install it"),
        (BARE, "Python's module venv is missing; install it"),
    ],
    ids=["none", "old", "bare"],
)
def test_a_missing_python_is_said_in_one_sentence(checkout: Path, python: str | None, sentence: str) -> None:
    tools = checkout.parent / "tools"
    if python is not None:
        stub = tools / "python3"
        stub.write_text(f"#!{tools / 'sh'}\n{python}\n")
        stub.chmod(0o755)
    done = subprocess.run(
        [tools / "sh", checkout / "pendapa", "demo"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"pendapa: {sentence}")
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()

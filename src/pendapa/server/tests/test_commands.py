import pytest

from pendapa.server import commands


@pytest.mark.parametrize("command", ["", "demo", "serve", "work", "migrate", "admin", "token", "doctor", "check"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        commands.main([*filter(None, [command]), "--help"])
    assert left.value.code == 0
    assert "usage: pendapa" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [[], ["demo", "--port", "65535"], ["demo", "--port", "x"], ["demo", "--visitors", "9"], ["token"], ["nonsense"]],
)
def test_what_is_not_understood_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        commands.main(arguments)
    assert left.value.code == 2
    assert "usage: pendapa" in capsys.readouterr().err


def test_a_certificate_needs_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["serve", "--certificate", "mall.pem"]) == 1
    assert capsys.readouterr().err == (
        "pendapa: A certificate needs its key: give both --certificate and --key, or neither.\n"
    )


def test_an_unknown_measurement_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["bench", "nonsense"]) == 1
    assert capsys.readouterr().err.count("\n") == 1

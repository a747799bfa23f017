"""`sillok` finds its command, loads nothing else, and turns errors into exit codes and words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import commands, main, overview
from ledger.errors import ChainError, EvidenceError, InputError, SillokError


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def run(self, argv: list[str]) -> int:
        raise self.error


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    module = Failing(SillokError("unset"))
    monkeypatch.setitem(sys.modules, "ledger.cli.show", module)  # type: ignore[arg-type]
    return module


def test_every_command_of_the_issue_is_in_the_table() -> None:
    assert list(commands.COMMANDS) == (
        [
            "up",
            "demo",
            "anchor",
            "verify",
            "show",
            "trace",
            "status",
            "recall",
            "agency",
            "account",
            "key",
            "council",
            "trust",
            "backup",
            "restore",
            "fsck",
        ]
    )
    for name, command in commands.COMMANDS.items():
        assert command.module == f"ledger.cli.{name}"


def test_help_lists_every_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, command in commands.COMMANDS.items():
        assert f"  {name}" in shown
        assert command.summary in shown
    assert main.main([]) == 2
    assert capsys.readouterr().out == shown


def test_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sillok ")


def test_a_slip_of_the_finger_is_answered_with_the_near_miss(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["verfy", "x"]) == 2
    said = capsys.readouterr().err
    assert "verfy" in said
    assert "verify" in said
    assert overview.run(["zzzz"]) == 2
    assert "--help" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("No such file.", where="a.pdf", fix="Look again."), 2),
        (EvidenceError("The roots differ."), 1),
        (ChainError("The chain does not answer."), 3),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
    ],
)
def test_errors_have_exit_codes_and_no_stack_trace(
    failing: Failing,
    error: BaseException,
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing.error = error
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    assert main.main(["show", "1"]) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said
    if isinstance(error, SillokError):
        for part in (error.what, error.where, error.fix):
            assert part is None or part in said


def test_naming_a_command_loads_no_other(tmp_path: Path) -> None:
    code = (
        "import sys; from ledger.cli.main import main\n"
        "main(['nonsense'])\n"
        "heavy = {'web3', 'sqlalchemy', 'typer', 'rich', 'pydantic', 'fastapi', 'cryptography', 'eth'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_chain_is_launched_before_web_and_store_are_loaded(tmp_path: Path) -> None:
    """Both processes load their libraries for seconds; one after the other, a start would take twice as long."""
    code = (
        "import sys; from ledger.cli.main import main; from ledger.chain.launcher import LocalChainProcess\n"
        "def launch(process):\n"
        "    heavy = {'web3', 'sqlalchemy', 'fastapi', 'uvicorn', 'jinja2', 'cryptography'}\n"
        "    print('launched without', *sorted(heavy - set(sys.modules)))\n"
        "    raise KeyboardInterrupt\n"
        "LocalChainProcess.launch = launch\n"
        f"sys.exit(main(['up', '--data', {str(tmp_path)!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "launched without cryptography fastapi jinja2 sqlalchemy uvicorn web3\n", done.stderr
    assert (done.returncode, "Traceback" in done.stderr) == (main.EXIT_INTERRUPTED, False)

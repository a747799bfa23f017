"""`sillok trace OCID`: every step of one process in order, what changed, and every missing number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.client import ServiceClient, segment, service_url
from ledger.cli.console import NEGATIVE, USAGE, invoke, new_app, say, tell
from ledger.cli.options import DataOption, JsonOption, UrlOption
from ledger.cli.verify_trust import memory_folder, read_trust
from ledger.errors import InputError
from ledger.procurement.export import MAX_BYTES, parse_export
from ledger.procurement.recheck import recheck
from ledger.verification.report import Outcome

app = new_app("trace", "List every step of one process, what changed, and what is missing.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "trace", argv)


@app.command()
def trace(
    *,
    ocid: Annotated[str, typer.Argument(metavar="OCID", help="Id of the process.")],
    export: Annotated[Path | None, typer.Option(help="Write a file from which others can recheck the trace.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Recheck such a file, without any service.")] = None,
    trust: Annotated[Path | None, typer.Option(help="Trust file for --from.")] = None,
    read_all: Annotated[
        bool | None,
        typer.Option(
            "--all/--quick",
            help="Read every entry of the logs, so that completeness can be claimed [default: where that is quick].",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
) -> int:
    """List every step of one process. Exits 1 where a number is missing or a step doesn't hold."""
    if export and source:
        tell("sillok trace: --export writes what --from reads; give one of them.")
        return USAGE
    if source:
        found, holds = _recheck(ocid, source, trust)
    else:
        with ServiceClient(service_url(data, url)) as client:
            whole = {} if read_all is None else {"readAll": str(read_all).lower()}
            found = client.get(f"/v1/processes/{segment(ocid)}", **whole)
            if export:
                _write(export, client.get_bytes(f"/v1/processes/{segment(ocid)}", export="true"))
        holds = not found["missing"] and not found["problems"]
    if as_json:
        say(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(found)
    if export:
        tell(f"Written: {export}. Recheck it with: sillok trace {ocid} --from {export} --trust TRUST")
    return 0 if holds else NEGATIVE


def _recheck(ocid: str, source: Path, trust: Path | None) -> tuple[dict[str, Any], bool]:
    try:
        with source.open("rb") as file:
            export = parse_export(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", where=str(source)) from error
    if export.process_id != ocid:
        raise InputError(f"The file is about {export.process_id}.", where=str(source), fix="Name that process.")
    checked = recheck(export, None if trust is None else read_trust(trust, memory=memory_folder()))
    found: dict[str, Any] = dict(checked.trace.to_json())
    found["checks"] = [
        {
            "seq": step.place.seq,
            "verdict": report.verdict.value,
            "failed": [row.to_json() for row in report.checks if row.outcome is Outcome.FAILED],
        }
        for step, report in zip(export.steps, checked.reports, strict=True)
    ]
    return found, checked.holds


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: half an export would look like missing steps."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise InputError(f"The file cannot be written: {error.strerror}.", where=str(path)) from error


def _print(found: dict[str, Any]) -> None:
    say(f"Process {found['process']}")
    missing = list(found["missing"])
    for step in found["steps"]:
        while missing and missing[0] < step["seq"]:
            _print_missing(missing.pop(0))
        _print_step(step)
    for seq in missing:
        _print_missing(seq)
    for problem in found["problems"]:
        say(f"      ! {problem}")
    say(found["sentence"])


def _print_missing(seq: int) -> None:
    say(f"{seq:>4}  MISSING: no record of this number was found")


def _print_step(step: dict[str, Any]) -> None:
    status = f"  [{step['status'].upper()}]" if step.get("status", "active") != "active" else ""
    verdict = f"  [{step['verdict']}]" if "verdict" in step else ""
    amounts = ", ".join(f"{_money(a['value'])} {a.get('currency', '')}".rstrip() for a in step["amounts"])
    say(f"{step['seq']:>4}  {step['kind']:<24}{amounts}{status}{verdict}")
    for fact in step["facts"]:
        if not fact["path"].endswith((".amount", ".currency")):
            say(f"        {fact['path']}: {fact['value']}")
    for change in step["changes"]:
        moved = f"{change['before']} → {change['after']}{_difference(change['before'], change['after'])}"
        say(f"        changed since step {change['beforeSeq']}: {change['path']} {moved}")
    late = "  LATE" if step["lags"] else ""
    earlier = " or earlier" if step["orEarlier"] else ""
    anchored = step.get("anchoredAt", "not yet")
    recorded = step.get("recordedAt", "not said")
    say(f"        claimed {step['claimedAt']}, recorded {recorded}, anchored {anchored}{earlier}{late}")
    if step["withheld"]:
        say(f"        {step['withheld']} facts are withheld")


def _money(text: str) -> str:
    return f"{int(text):,}" if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else text


def _difference(before: object, after: object) -> str:
    try:
        return f" ({int(str(after)) - int(str(before)):+,})"
    except ValueError:
        return ""

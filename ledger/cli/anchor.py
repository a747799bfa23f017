"""`sillok anchor PATH…`: files, folders, NDJSON and CSV into the agency's log, resumable at any point."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlencode

import typer

from ledger.cli.client import ServiceClient, local_key, problem_error, segment, service_url
from ledger.cli.console import NEGATIVE, invoke, new_app, say, tell
from ledger.cli.inputs import Defaults, Entry, count, entries, expand, job_name
from ledger.cli.options import AgencyOption, DataOption, KeyFileOption, UrlOption, the_agency
from ledger.cli.progress import Advance, progress
from ledger.cli.results import ResultFile
from ledger.errors import InfrastructureError, InputError

app = new_app("anchor", "Put documents into the agency's log and wait until they are anchored on the chain.")
EVIDENCE_PAGE: Final = 1_000
EVIDENCE_PLACES: Final = 200
POLL_S: Final = 0.3


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "anchor", argv)


@app.command()
def anchor(
    *,
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, NDJSON (.ndjson, .jsonl) or CSV (.csv).")],
    kind: Annotated[str, typer.Option(help="Kind of record where the input doesn't say.")] = "document",
    valid_until: Annotated[str | None, typer.Option(help="End of validity where the input doesn't say.")] = None,
    job: Annotated[str | None, typer.Option(help="Name of the job; the same name goes on where it stopped.")] = None,
    results: Annotated[Path | None, typer.Option(help="File of result lines [default: sillok-JOB.ndjson].")] = None,
    evidence: Annotated[Path | None, typer.Option(help="Folder for one evidence file per record.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until everything is anchored.")] = True,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Put documents into the agency's log. An NDJSON line is an object.

    {"sha256" | "path", "kind", "number"?, "facts"?, "process"?, "validFrom"?, "validUntil"?, "supersedes"?}
    """
    code = the_agency(agency, data, key_file)
    files, defaults = expand(paths), Defaults(kind=kind, valid_until=valid_until)
    name = job or job_name(code, files, defaults)
    key = local_key(data, f"clerk-{code}", key_file)
    with (
        ServiceClient(service_url(data, url), key=key) as client,
        ResultFile(results or Path(f"sillok-{name}.ndjson")) as kept,
    ):
        summary = send(client, code, name, entries(files, defaults), kept, total=count(files))
        batch = summary.get("batch")
        if evidence or (wait and isinstance(batch, int)):
            size = wait_until_anchored(client, code)
            say(f"Anchored: {size:,} records of {code} are final on the chain.")
        if evidence:
            written = write_evidence(client, code, batch if isinstance(batch, int) else None, evidence, kept.path)
            say(f"Evidence: {written:,} files in {evidence}.")
        failed, first = kept.failures()
    say(f"Job {name}: {kept.done:,} inputs, {failed:,} refused. Results: {kept.path}")
    if first:
        tell(f"The first that was refused: {first}")
    return NEGATIVE if failed else 0


def send(
    client: ServiceClient, agency: str, job: str, inputs: Iterable[Entry], kept: ResultFile, *, total: int
) -> dict[str, object]:
    """Send what has no result yet and write a result line for each; answers the service's last line.

    Raises:
        InfrastructureError: the service stopped in the middle. What was answered is in the result file.
    """
    sent: deque[Entry] = deque()

    def lines() -> Iterator[bytes]:
        for entry in islice(inputs, kept.done, None):
            sent.append(entry)
            yield entry.line

    summary: dict[str, object] = {}
    path = f"/v1/agencies/{agency}/records:bulk?job={segment(job)}&firstLine={kept.done + 1}"
    with progress("Recorded", total, kept.done) as advance:
        for answer in client.bulk(path, lines()):
            if answer.get("done"):
                summary = answer
            elif "done" in answer:
                # The service ends a job that it cannot go on with by saying why; no line of ours has this answer.
                kept.flush()
                problem = answer["problem"]
                raise problem_error(int(problem["status"]), json.dumps(problem).encode())
            else:
                _keep(answer, sent.popleft(), kept, advance)
    kept.flush()
    if not summary:
        raise InfrastructureError(
            f"The service stopped after {kept.done:,} of {total:,} inputs.",
            fix="Give the same command again: it goes on from there.",
        )
    return summary


def _keep(answer: dict[str, object], entry: Entry, kept: ResultFile, advance: Advance) -> None:
    result: dict[str, object] = {"line": answer["line"], "input": entry.name}
    if entry.problem:
        result["error"] = str(entry.problem)
    elif isinstance(problem := answer.get("problem"), dict):
        result["error"] = " ".join(str(problem[part]) for part in ("where", "detail", "fix") if problem.get(part))
    else:
        result |= {name: answer[name] for name in ("index", "number", "created") if answer.get(name) is not None}
    kept.write(result)
    kept.done += 1
    advance()


def wait_until_anchored(client: ServiceClient, agency: str) -> int:
    """Wait until everything that the log has now is anchored and final; answers the anchored size.

    Raises:
        InfrastructureError: the deadline of the newest receipt passed. The records are safe; the promise is late.
    """
    log = client.get(f"/v1/agencies/{agency}")["log"]
    size, deadline = int(log["size"]), time.time() + int(log["maxDelaySeconds"])
    while (anchored := log["anchored"]) is None or int(anchored["size"]) < size:
        if time.time() > deadline:
            raise InfrastructureError(
                f"The {size:,} records are kept, but were not anchored by their deadline.",
                fix="Look at the service's /healthz: it says what the chain answered.",
            )
        time.sleep(POLL_S)
        log = client.get(f"/v1/agencies/{agency}")["log"]
    return int(anchored["size"])


def write_evidence(client: ServiceClient, agency: str, batch: int | None, folder: Path, results: Path) -> int:
    """Write one evidence file for each record of a job, named after its input or its number.

    Args:
        client: a service, with a clerk's key.
        agency: whose records they are.
        batch: the issuing batch of the job's own records; None where it made none.
        folder: where the files go.
        results: the job's result lines; they name records too that were there before the job.

    Returns:
        How many files were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names, left = _evidence_names(results)
    written = 0
    for item in _evidence_lines(client, f"/v1/agencies/{agency}/evidence", batch, left):
        index = int(str(item["index"]))
        left.discard(index)
        target = folder / names.get(index, f"{item['number'] or index}.evidence")
        target.write_bytes(str(item["evidence"]).encode())
        written += 1
    return written


def _evidence_lines(
    client: ServiceClient, path: str, batch: int | None, left: set[int]
) -> Iterator[dict[str, object]]:
    """Evidence of the batch, page by page, then of what is left of the job's records."""
    after: int | None = None
    while batch is not None:
        page = client.get_bytes(path, batch=batch, limit=EVIDENCE_PAGE, after=after).splitlines()
        for line in page:
            item: dict[str, object] = json.loads(line)
            after = int(str(item["index"]))
            yield item
        if len(page) < EVIDENCE_PAGE:
            break
    known = sorted(left)
    for first in range(0, len(known), EVIDENCE_PLACES):
        places = urlencode([("index", index) for index in known[first : first + EVIDENCE_PLACES]])
        for line in client.get_bytes(f"{path}?{places}").splitlines():
            yield json.loads(line)


def _evidence_names(results: Path) -> tuple[dict[int, str], set[int]]:
    """Index → file name, for records that came from files of their own, and all indexes of the job.

    A list's lines go by number or index.
    """
    names: dict[int, str] = {}
    indexes: set[int] = set()
    taken: set[str] = set()
    with results.open("rb") as lines:
        for line in lines:
            result = json.loads(line)
            source = Path(str(result["input"]))
            name = f"{source.name}.evidence"
            if "index" in result:
                indexes.add(int(result["index"]))
            if "index" in result and source.exists() and name not in taken:
                taken.add(name)
                names[int(result["index"])] = name
    return names, indexes


def quiet_anchor(
    client: ServiceClient, agency: str, job: str, lines: list[bytes], results: Path
) -> dict[str, object]:
    """The same job for a program (the demo): no bar, every input must pass.

    Raises:
        InputError: an input was refused; says which.
    """
    inputs = [Entry(name=f"{job}:{number}", line=line) for number, line in enumerate(lines, start=1)]
    with ResultFile(results) as kept:
        summary = send(client, agency, job, inputs, kept, total=len(inputs))
        failed, first = kept.failures()
        if failed:
            raise InputError(f"The service refused sample data, {first}", where=str(kept.path))
    tell(f"  {job}: {kept.done} records")
    return summary

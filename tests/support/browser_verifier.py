"""The browser's verifier in one long-lived Node process: a request is a JSON line, so is the answer."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from ledger.values import Instant, format_instant
from ledger.verification.answers import Answers, ChainFacts, StatusFacts
from ledger.verification.answers_json import answers_to_json

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = ROOT / "api/pages/static/verify"
PROCESS = ROOT / "tests/web/verifier_process.mjs"


class BrowserVerifier:
    """Speaks with `tests/web/verifier_process.mjs`; `folder` holds the modules, a mutant's copy for instance."""

    def __init__(self, folder: Path = VERIFIER) -> None:
        node = shutil.which("node")
        if node is None:
            pytest.fail("Node 20 or newer is needed: see .ci/run.")
        self._process = subprocess.Popen(
            [node, str(PROCESS), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def ask(self, op: str, /, **parameters: Any) -> dict[str, Any]:
        """One answer: `{"ok": …}`, or `{"error": class, "text": …}` where the verifier refused on purpose."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **parameters}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the verifier's process ended over {op}: {str(parameters)[:300]}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def verify(
        self,
        data: bytes,
        *,
        trust: str | None,
        document: bytes | None = None,
        number: str | None = None,
        as_of: Instant | None = None,
        answers: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """The report on one evidence file; arguments as those of Python's `verify_evidence`."""
        given = answers or {}
        report: dict[str, Any] = self.ask(
            "verify",
            data=base64.b64encode(data).decode(),
            trust=trust,
            documentDigest=None if document is None else document.hex(),
            number=number,
            asOf=None if as_of is None else format_instant(as_of),
            chain=given.get("chain"),
            status=given.get("status"),
            **more,
        )["ok"]
        return report

    def close(self) -> None:
        """End the process."""
        with self._process as process:  # closes both pipes
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)

    def __enter__(self) -> BrowserVerifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def answers_json(chain: ChainFacts | None, status: StatusFacts | None) -> dict[str, Any]:
    """What a service would send along with its report."""
    return json.loads(json.dumps(answers_to_json(Answers(chain=chain, status=status))))

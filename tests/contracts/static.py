"""Runs slither on the contracts and holds its findings against contracts/slither.toml: `make slither`.

    .venv/bin/python scripts/compile_contracts.py --input FILE
    .venv-audit/bin/python tests/contracts/static.py FILE

FILE is the compiler's standard JSON input; slither would else ask forge, which compiles the tests only. Exit code 1
where a finding is not explained, or an explanation has no finding any more.
"""

from __future__ import annotations

import inspect
import json
import logging
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

from crytic_compile import CryticCompile
from crytic_compile.platform.solc_standard_json import SolcStandardJson
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"^(?:Reentrancy in |Variable |Function )?([\w.]+)")


def findings(compiler_input: dict[str, object]) -> Counter[tuple[str, str]]:
    """How often each detector finds something at each place of ours."""
    compiled = CryticCompile(SolcStandardJson(compiler_input), solc=str(ROOT / "scripts" / "solc_wrapper.cjs"))
    slither = Slither(compiled, filter_paths=["@openzeppelin"])
    for _, detector in inspect.getmembers(all_detectors, inspect.isclass):
        if issubclass(detector, AbstractDetector) and detector is not AbstractDetector:
            slither.register_detector(detector)
    found: Counter[tuple[str, str]] = Counter()
    for finding in (each for results in slither.run_detectors() for each in results):
        place = PLACE.match(finding["description"])
        assert place is not None, finding["description"]
        found[finding["check"], place[1]] += 1
    return found


def main(argv: list[str]) -> int:
    logging.disable(logging.WARNING)
    explained = {
        (group["check"], place)
        for group in tomllib.loads((ROOT / "contracts" / "slither.toml").read_text())["finding"]
        for place in group["places"]
    }
    found = findings(json.loads(Path(argv[0]).read_text()))
    for check, place in sorted(found.keys() - explained):
        print(f"open: {check} at {place}")
    for check, place in sorted(explained - found.keys()):
        print(f"explained, but not found any more: {check} at {place}")
    print(f"{sum(found.values())} findings at {len(found)} places, {len(found.keys() - explained)} of them open")
    return 1 if found.keys() ^ explained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

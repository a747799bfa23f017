"""A bounded part of the fuzz and invariant tests in tests/contracts/forge; `make forge` runs 10^6 calls of each.

The same seed every time, so that what fails here fails again; `make forge` draws a new one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPTH = 500
CALLS = 4 * DEPTH
RUNS = 300
INVARIANTS = {
    "AgenciesTest": "invariant_windows_never_move_backwards_and_only_they_let_a_key_act()",
    "CheckpointsTest": "invariant_sizes_grow_with_one_root_each_by_keys_in_window()",
    "GovernorTest": "invariant_the_last_governor_stays_and_nobody_governs_without_waiting()",
    "StatusesTest": "invariant_revoked_and_superseded_are_final_and_keys_act_in_their_window()",
}


def test_what_must_always_hold_holds_in_random_campaigns() -> None:
    limits = {"FOUNDRY_INVARIANT_RUNS": str(CALLS // DEPTH), "FOUNDRY_FUZZ_RUNS": str(RUNS)}
    same = {"FOUNDRY_FUZZ_SEED": "0x511"}
    ran = subprocess.run(
        ["node_modules/.bin/forge", "test", "--json"],
        cwd=ROOT, env=os.environ | limits | same, capture_output=True, text=True, check=False,
    )  # fmt: skip
    suites = json.loads(ran.stdout.splitlines()[-1]) if ran.stdout else {}
    results = {path.split(":")[-1]: suite["test_results"] for path, suite in suites.items()}
    broken = [
        (name, test, result["reason"], result.get("counterexample"))
        for name, tests in results.items()
        for test, result in tests.items()
        if result["status"] != "Success"
    ]
    assert suites, ran.stderr[-3000:]
    assert not broken
    assert ran.returncode == 0
    for contract, name in INVARIANTS.items():
        assert results[contract][name]["kind"]["Invariant"]["calls"] == CALLS
    fuzzed = results["LibrariesTest"].values()
    assert [result["kind"]["Fuzz"]["runs"] for result in fuzzed] == [RUNS] * 4

"""`docs/spec/rpc.md` lists what the chain answers, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from localchain import dispatch, logs, server
from localchain.dispatch import Dispatcher
from localchain.evm import GAS_LIMIT
from localchain.identity import DEFAULT_CHAIN_ID
from localchain.node import Node
from localchain.tester import TESTER_CHAIN_ID

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "spec" / "rpc.md").read_text()


def test_every_method_is_listed_and_every_listed_method_is_there(tmp_path: Path) -> None:
    operator, development = Node.open(tmp_path / "one"), Node.open(tmp_path / "two", development=True)
    everywhere, _, only_development = TEXT.partition("## Methods")[2].partition("Only on a development chain")

    def listed(part: str) -> set[str]:
        cells = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
        return {name for cell in cells for name in re.findall(r"`(\w+_\w+)`", cell)}

    assert listed(everywhere) == set(Dispatcher(operator).methods())
    assert listed(everywhere) | listed(only_development) == set(Dispatcher(development).methods())
    operator.close()
    development.close()


def test_its_numbers_are_those_of_the_program() -> None:
    for number in (GAS_LIMIT, dispatch.MAX_BATCH, logs.MAX_RESULTS, logs.MAX_ALTERNATIVES):
        assert f"{number:,}" in TEXT, number
    assert f"{server.MAX_BODY // 2**20} MiB" in TEXT
    assert str(DEFAULT_CHAIN_ID) in TEXT
    assert str(TESTER_CHAIN_ID) in TEXT

"""A running service's `/log/6110000`, read unchanged by Go's log tools while it grows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from support.gotools import check_log
from support.service import SEOUL, running_office

from ledger.records.note import make_vkey
from ledger.records.trust import parse_trust

RECORDS = 700
"""More than two full tiles of records, so that full and partial tiles of two levels are read."""


def test_go_tools_read_the_log_of_a_running_service(tmp_path: Path) -> None:
    with running_office(tmp_path) as office:
        first = office.issue({"kind": "document", "sha256": hashlib.sha256(b"first").hexdigest()})
        trust = parse_trust(office.get("/v1/trust").text)
        log = trust.log(str(first["origin"]))
        assert log is not None
        vkey = make_vkey(log.origin, log.note_keys[0].key).text
        base = f"{office.url}/log/{SEOUL}"
        assert check_log(base, origin=log.origin, vkey=vkey)["size"] == 1

        lines = "".join(
            json.dumps({"kind": "document", "sha256": hashlib.sha256(b"%d" % n).hexdigest()}) + "\n"
            for n in range(RECORDS)
        )
        answer = office.call("POST", f"/v1/agencies/{SEOUL}/records:bulk?job=live", role="clerk", content=lines)
        assert json.loads(answer.text.splitlines()[-1])["done"] is True, answer.text[-500:]
        found = check_log(base, origin=log.origin, vkey=vkey)
        assert found["size"] == RECORDS + 1
        assert found["proved"] == 50

"""Joins the issuing desk: runs, papers, activity log."""

from __future__ import annotations

import os
from typing import Final

from ledger.documents.certificate import CertificatePrinter
from ledger.errors import NotFoundError
from ledger.log.issuance import Issuance
from ledger.log.status import StatusService
from ledger.office.activity import ActivityLog
from ledger.office.desk import Desk
from ledger.office.issuing import Issuing
from ledger.ports.agencies import AgencyStore
from ledger.values import AgencyCode
from ledger.wiring.clock import now
from ledger.wiring.folder import Adapters

RUNS_FOLDER: Final = "runs"


def join_desk(parts: Adapters, issuance: Issuance, status: StatusService) -> Desk:
    """The desk of this folder."""
    issuing = Issuing(
        store=parts.desk_store,
        issuance=issuance,
        status=status,
        folder=parts.settings.data / RUNS_FOLDER,
        printer=CertificatePrinter,
        name_of=lambda agency: _name(parts.agency_store, agency),
        clock=now,
    )
    return Desk(
        store=parts.desk_store,
        issuing=issuing,
        activity=ActivityLog(parts.desk_store, issuance, clock=now, random=os.urandom),
        status=status,
        clock=now,
        upload_days=parts.settings.upload_days,
        visit_days=parts.settings.visit_days,
    )


def _name(store: AgencyStore, code: AgencyCode) -> str:
    for agency in store.agencies():
        if agency.code == code:
            return agency.name_ko
    raise NotFoundError(f"There is no agency {code} here.")

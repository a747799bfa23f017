"""Joins adapters to services, once: the only place that knows which store, chain and keystore are used.

`open_services` opens everything that one data folder holds; nothing runs yet. `Services.start` starts what works in
the background. `sillok fsck` does only the first; `sillok up` does both, on a folder that it holds already
(`open_services_of`).
"""

from ledger.wiring.clock import now
from ledger.wiring.copies import back_up, restore
from ledger.wiring.services import Services, open_services, open_services_of

__all__ = ["Services", "back_up", "now", "open_services", "open_services_of", "restore"]

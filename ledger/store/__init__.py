"""The only room with SQL: `open_store` and `open_record_keys` are its doors."""

from ledger.store.opening import Store, open_store
from ledger.store.record_keys import open_record_keys

__all__ = ["Store", "open_record_keys", "open_store"]

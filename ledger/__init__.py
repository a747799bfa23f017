"""Sillok: a permissioned ledger for administrative records."""

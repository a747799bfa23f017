"""Canonical JSON, digests and strict encodings. FROZEN, pure."""

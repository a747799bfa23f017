"""The RFC 9162 tree: nodes, proofs, verification, tiles. FROZEN, pure."""

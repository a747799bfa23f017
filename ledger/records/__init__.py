"""The bytes that are anchored, signed and handed out. FROZEN, pure."""

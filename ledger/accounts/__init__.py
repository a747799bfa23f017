"""Who works here: local accounts, their passwords and sessions."""

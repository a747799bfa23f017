"""Signers and the encrypted keystore."""

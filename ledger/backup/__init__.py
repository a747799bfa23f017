"""Copies of a data folder: made while the service runs, and put back without contradicting the chain."""

"""Numbered checks, the report, and the one place that derives a verdict."""

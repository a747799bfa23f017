"""What the HTTP API reads and writes, as Pydantic models."""

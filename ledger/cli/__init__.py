"""The `sillok` command; each subcommand is loaded by name."""

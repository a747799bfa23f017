"""`python -m ledger` is `sillok`."""

from ledger.cli.main import main

if __name__ == "__main__":
    main()

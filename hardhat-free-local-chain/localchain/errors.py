"""What goes wrong, told to the two kinds of reader: whoever starts the chain, and whoever calls it.

LocalChainError      the chain cannot be opened or written: what, and what to do
├── FolderInUse      another process has the folder open
├── WrongFolder      the folder holds something else than what was asked for
└── CorruptFolder    the folder's content contradicts itself
RpcError             a call is answered with a JSON-RPC error: code, message, data
"""

from __future__ import annotations

from typing import Final

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
SERVER_ERROR: Final = -32000
LIMIT_EXCEEDED: Final = -32005
REVERTED: Final = 3


class LocalChainError(Exception):
    """The chain cannot be opened or written.

    Attributes:
        what: one sentence: what was wrong.
        fix: one sentence: what the operator can do about it.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


class FolderInUse(LocalChainError):  # noqa: N818 - a condition, read as such where it is caught
    """Another process has this folder open."""


class WrongFolder(LocalChainError):  # noqa: N818
    """The folder holds another chain, or another kind of chain, than what was asked for."""


class CorruptFolder(LocalChainError):  # noqa: N818
    """What the folder holds contradicts itself."""


class RpcError(Exception):
    """A call is answered with a JSON-RPC error object.

    Attributes:
        code: JSON-RPC 2.0 code, or Ethereum's: 3 a revert, -32000 refused, -32005 over a limit.
        message: one sentence for the caller.
        data: `0x…` of the revert's bytes, or None.
    """

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def invalid_params(message: str) -> RpcError:
    """The error for a parameter that cannot be used."""
    return RpcError(INVALID_PARAMS, message)


def refused(message: str) -> RpcError:
    """The error for a transaction or call that the chain will not run."""
    return RpcError(SERVER_ERROR, message)

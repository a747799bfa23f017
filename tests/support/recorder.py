"""A small contract in EVM assembly, so that tests of the chain need no compiler.

no call data            returns slot 0, 32 bytes
data begins with 0x01   returns number, timestamp, base fee, gas limit, chain id, hash of its parent; 32 bytes each
data begins with 0x02   writes as many fresh slots as the second byte says, for a heavy transaction
data begins with 0x08   reverts with the call data (0x08c379a0… is Error(string))
anything else           adds one to slot 0 and logs: topics (data[0:32], caller), data the new value of slot 0
"""

from __future__ import annotations

_OPS = {
    "STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "EQ": 0x14, "ISZERO": 0x15, "BYTE": 0x1A, "CALLER": 0x33,
    "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "BLOCKHASH": 0x40, "TIMESTAMP": 0x42,
    "NUMBER": 0x43, "GASLIMIT": 0x45, "CHAINID": 0x46, "BASEFEE": 0x48, "MSTORE": 0x52, "SLOAD": 0x54,
    "SSTORE": 0x55, "JUMP": 0x56, "JUMPI": 0x57, "JUMPDEST": 0x5B, "DUP1": 0x80, "DUP2": 0x81, "SWAP1": 0x90,
    "LOG0": 0xA0, "LOG2": 0xA2, "RETURN": 0xF3, "REVERT": 0xFD, "CODECOPY": 0x39, "POP": 0x50,
    "ADDRESS": 0x30, "GAS": 0x5A, "CALL": 0xF1,
}  # fmt: skip

_RUNTIME = """
    CALLDATASIZE ISZERO @read JUMPI
    0 CALLDATALOAD 0 BYTE
    DUP1 1 EQ @context JUMPI
    DUP1 2 EQ @heavy JUMPI
    DUP1 8 EQ @revert JUMPI
    POP
    0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE
    CALLER 0 CALLDATALOAD 32 0 LOG2
    STOP
    :read 0 SLOAD 0 MSTORE 32 0 RETURN
    :context
    NUMBER 0 MSTORE TIMESTAMP 32 MSTORE BASEFEE 64 MSTORE GASLIMIT 96 MSTORE CHAINID 128 MSTORE
    1 NUMBER SUB BLOCKHASH 160 MSTORE
    192 0 RETURN
    :heavy 0 CALLDATALOAD 1 BYTE
    :loop DUP1 ISZERO @end JUMPI
    DUP1 DUP1 NUMBER ADD 256 ADD SSTORE
    1 SWAP1 SUB @loop JUMP
    :end STOP
    :revert CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 REVERT
"""


def assemble(source: str) -> bytes:
    """Bytes of a program of opcodes, numbers (pushed with two bytes), `:label` and `@label`."""
    code = bytearray()
    labels: dict[str, int] = {}
    holes: list[tuple[int, str]] = []
    for word in source.split():
        if word[0] == ":":
            labels[word[1:]] = len(code)
            code.append(_OPS["JUMPDEST"])
        elif word[0] == "@":
            holes.append((len(code) + 1, word[1:]))
            code += b"\x61\0\0"
        elif word.isdigit():
            code += b"\x61" + int(word).to_bytes(2, "big")
        else:
            code.append(_OPS[word])
    for place, label in holes:
        code[place : place + 2] = labels[label].to_bytes(2, "big")
    return bytes(code)


def creation(runtime: bytes) -> bytes:
    """Code that creates a contract with this runtime code."""
    code = assemble(f"{len(runtime)} DUP1 15 0 CODECOPY 0 RETURN")
    assert len(code) == 15, "the offset of the runtime code"
    return code + runtime


RUNTIME = assemble(_RUNTIME)
CREATION = creation(RUNTIME)

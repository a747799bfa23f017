"""Keys whose secret everybody knows: the accounts of development tools and of our own worked example.

A key from here on a real chain is a key that was never secret. The lists are written out, so that a reader can
compare them; the tests derive each of them again from the phrase or number that it comes from.
"""

from __future__ import annotations

from typing import Final

from ledger.values import Address

# "test test test test test test test test test test test junk", m/44'/60'/0'/0/0 to 19: anvil, hardhat, foundry.
_JUNK: Final = """
f39fd6e51aad88f6f4ce6ab8827279cfffb92266 70997970c51812dc3a010c7d01b50e0d17dc79c8
3c44cdddb6a900fa2b585dd299e03d12fa4293bc 90f79bf6eb2c4f870365e785982e1f101e93b906
15d34aaf54267db7d7c367839aaf71a00a2c6a65 9965507d1a55bcc2695c58ba16fb37d819b0a4dc
976ea74026e726554db657fa54763abd0c3a0aa9 14dc79964da2c08b23698b3d3cc7ca32193d9955
23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f a0ee7a142d267c1f36714e4a8f75612f20a79720
bcd4042de499d14e55001ccbb24a551f3b954096 71be63f3384f5fb98995898a86b02fb2426c5788
fabb0ac9d68b0b445fb7357272ff202c5651694a 1cbd3b2770909d4e10f157cabc84c7264073c9ec
df3e18d64bc6a983f673ab319ccae4f1a57c7097 cd3b766ccdd6ae721141f452c550ca635964ce71
2546bcd3c84621e976d8185a91a922ae77ecec30 bda5747bfd65f08deb54cb465eb87d40e51b197e
dd2fd4581271e230360230f9337d5c0430bf44c0 8626f6940e2eb28930efb4cef49b2d1f2c9c1199
"""
# "myth like bonus scare over problem client lizard pioneer submit female collect", 0 to 9: ganache, truffle.
_MYTH: Final = """
90f8bf6a479f320ead074411a4b0e7944ea8c9c1 ffcf8fdee72ac11b5c542428b35eef5769c409f0
22d491bde2303f2f43325b2108d26f1eaba1e32b e11ba2b4d45eaed5996cd0823791e0c93114882d
d03ea8624c8c5987235048901fb614fdca89b117 95ced938f7991cd0dfcb48f0a06a40fa1af46ebc
3e5e9111ae8eb78fe1cc3bb8915d5d461f3ef9a9 28a8746e75304c0780e011bed21c72cd78cd535e
aca94ef8bd5ffee41947b4585a84bda5a3d3da6e 1df62f291b2e969fb0849d99d9ce41e2f137006e
"""
# The numbers 1 to 20 as keys: eth-tester and many tests.
_NUMBERS: Final = """
7e5f4552091a69125d5dfcb7b8c2659029395bdf 2b5ad5c4795c026514f8317c7a215e218dccd6cf
6813eb9362372eef6200f3b1dbc3f819671cba69 1eff47bc3a10a45d4b230b5d10e37751fe6aa718
e1ab8145f7e55dc933d51a18c793f901a3a0b276 e57bfe9f44b819898f47bf37e5af72a0783e1141
d41c057fd1c78805aac12b0a94a405c0461a6fbb f1f6619b38a98d6de0800f1defc0a6399eb6d30c
f7edc8fa1ecc32967f827c9043fcae6ba73afa5c 4cceba2d7d2b4fdce4304d3e09a1fea9fbeb1528
3da8d322cb2435da26e9c9fee670f9fb7fe74e49 dbc23ae43a150ff8884b02cea117b22d1c3b9796
68e527780872cda0216ba0d8fbd58b67a5d5e351 5a83529ff76ac5723a87008c4d9b436ad4ca7d28
8735015837bd10e05d9cf5ea43a2486bf4be156f fae394561e33e242c551d15d4625309ea4c0b97f
252dae0a4b9d9b80f504f6418acd2d364c0c59cd 79196b90d1e952c5a43d4847caa08d50b967c34a
4bd1280852cadb002734647305afc1db7ddd6acb 811da72aca31e56f770fc33df0e45fd08720e157
"""
# Public Ed25519 keys of the worked example (seeds 00…1f and 20…3f), printed in our own specification.
_EXAMPLE: Final = """
03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8
29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7
"""


def _read(*tables: str) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(word) for table in tables for word in table.split())


WELL_KNOWN_ADDRESSES: Final = _read(_JUNK, _MYTH, _NUMBERS)
WELL_KNOWN_NOTE_KEYS: Final = _read(_EXAMPLE)


def is_well_known_address(address: Address) -> bool:
    """Whether the secret key of this address is printed in the manual of a development tool."""
    return address in WELL_KNOWN_ADDRESSES


def is_well_known_note_key(public: bytes) -> bool:
    """Whether the secret of this raw Ed25519 key is printed in a specification."""
    return public in WELL_KNOWN_NOTE_KEYS

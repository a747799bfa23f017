"""The precompiled contracts of BLS12-381, loaded when one of them is first called.

py-evm computes their constants while it is imported, which is a third of the start of a chain; contracts that verify
no such signature, as Sillok's, never call them. Whoever does gets py-evm's own, and waits for them once.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from threading import Lock
from types import ModuleType
from typing import Any, Final

PACKAGE: Final = "eth.precompiles.bls12_381"
NAMES: Final = (
    "bls12_g1_add",
    "bls12_g1_msm",
    "bls12_map_fp_to_g1",
    "bls12_g2_add",
    "bls12_g2_msm",
    "bls12_map_fp2_to_g2",
    "bls12_pairing_check",
)
_loading = Lock()


def postpone_curves() -> None:
    """Put a stand-in where py-evm will look for them; does nothing where py-evm was imported before."""
    if "eth.precompiles" not in sys.modules:
        stand_in = ModuleType(PACKAGE)
        for name in NAMES:
            setattr(stand_in, name, _postponed(name))
        sys.modules[PACKAGE] = stand_in


def _postponed(name: str) -> Callable[[Any], Any]:
    def call(computation: Any) -> Any:
        return getattr(_loaded(), name)(computation)

    return call


def _loaded() -> ModuleType:
    with _loading:
        found = sys.modules[PACKAGE]
        if found.__spec__ is None:  # the stand-in, which nobody has imported from a file
            del sys.modules[PACKAGE]
            found = importlib.import_module(PACKAGE)
        return found

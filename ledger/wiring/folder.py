"""Opens what one data folder holds: its keystore, its chain and contracts, its stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger.chain.deploy import deploy
from ledger.chain.deployment import Deployment, Terms, load_deployment
from ledger.chain.ethereum import EthereumChain
from ledger.chain.keeper import ChainKeeper
from ledger.chain.launcher import LocalChainProcess
from ledger.errors import ChainError
from ledger.holding import HeldFolder
from ledger.keys.entries import Purpose
from ledger.keys.keystore import Keystore
from ledger.keys.password import ensure_password_file, read_password
from ledger.ports.accounts import AccountStore
from ledger.ports.agencies import AgencyStore
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import RecordKeys
from ledger.ports.records import RecordStore
from ledger.ports.runs import DeskStore
from ledger.settings import Settings
from ledger.store.opening import open_store
from ledger.store.record_keys import open_record_keys

PAUSE_FILE: Final = "chain.lock"
"""Held by each step of the chain loop; a backup holds it so that nothing is anchored between its copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """What the services stand on."""

    settings: Settings
    keyring: Keystore
    deployment: Deployment
    chain: EthereumChain
    records: RecordStore
    chain_store: ChainStore
    agency_store: AgencyStore
    account_store: AccountStore
    desk_store: DeskStore
    record_keys: RecordKeys
    rpc_url: str
    """Where the chain listened when this was opened; a keeper starts the embedded one on the same port again."""
    keeper: ChainKeeper | None


def open_adapters(folder: HeldFolder, ask_password: Callable[[], str] | None) -> Adapters:
    """Open a data folder and make what is missing in it; closing the folder closes all of it again.

    Raises: as `open_services`.
    """
    settings, child, opened = folder.settings, folder.child, folder.opened
    keyring = _open_keystore(settings, ask_password)
    store = open_store(settings.data / "ledger.db")
    opened.callback(store.close)
    record_keys = open_record_keys(settings.data / "record-keys.db")
    opened.callback(record_keys.close)
    if child is not None:
        child.start()
    deployment = _deployment(settings, child, keyring)
    chain = EthereumChain(
        settings.rpc_url or (lambda: _url(settings, child)),
        deployment,
        finality=settings.finality,
        timeout_s=settings.rpc_timeout_s,
    )
    opened.callback(chain.close)
    keyring.refuse_well_known(chain.identity())
    return Adapters(
        settings=settings,
        keyring=keyring,
        deployment=deployment,
        chain=chain,
        records=store.records,
        chain_store=store.chain,
        agency_store=store.agencies,
        account_store=store.accounts,
        desk_store=store.desk,
        record_keys=record_keys,
        rpc_url=_url(settings, child),
        keeper=ChainKeeper(child) if child is not None else None,
    )


def _open_keystore(settings: Settings, ask: Callable[[], str] | None) -> Keystore:
    path, given = settings.data / "keystore.json", settings.keystore_password
    if settings.keystore_password_file is None and given is None and settings.rpc_url is None:
        # The embedded default: whoever has the data folder has everything in it, and `sillok up` says so.
        password = ensure_password_file(settings.data / "keystore.password")
    else:
        secret = given.get_secret_value() if given is not None else None
        password = read_password(file=settings.keystore_password_file, given=secret, prompt=ask)
    keystore = Keystore.open(path, password) if path.exists() else Keystore.create(path, password)
    _draw_missing(keystore, settings)
    return keystore


def _draw_missing(keystore: Keystore, settings: Settings) -> None:
    """Draw the keys of the installation; an agency's keys are drawn when it is registered.

    Each is on disk before the next is drawn, so a first start that was cut off may have left some of them: the
    deployer's is the last, and with it the others are there.
    """
    there = {info.purpose for info in keystore.list()}
    if Purpose.TRUST not in there:
        keystore.add_trust_key(f"{settings.log_name}/trust")
    if settings.rpc_url is None and Purpose.DEPLOYER not in there:
        # The embedded chain starts with a council of one and no delay; elsewhere the council's keys are with others.
        if Purpose.COUNCIL not in there:
            keystore.add_council_key()
        keystore.add_deployer_key()


def _url(settings: Settings, child: LocalChainProcess | None) -> str:
    return child.url if child is not None else str(settings.rpc_url)


def _deployment(settings: Settings, child: LocalChainProcess | None, keyring: Keystore) -> Deployment:
    """The contracts of this chain: on the embedded one put there at the first start, elsewhere by an operator."""
    folder = settings.data / "deployments"
    if child is None:
        found = sorted(folder.glob("*.json"))
        if len(found) != 1:
            raise ChainError(
                "Which contracts to use on this chain is not known.",
                where=str(folder),
                fix="Deploy them with scripts/deploy.py, and put its deployments/<chainId>.json there.",
            )
        return load_deployment(found[0])
    members = tuple(signer.address for signer in keyring.governor_signers())
    terms = Terms(members=members, threshold=1, minimum_delay_s=0)
    return deploy(child.url, keyring.deployer_signer(), folder, terms)

"""Settings of one service, built once by the entry point and passed down.

Each can be given on the command line, or as an environment variable with the prefix `SILLOK_`. Names carry units.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import InputError

FINALITY: Final = re.compile(r"instant|finalized|depth:[1-9][0-9]{0,4}")
LOG_NAME: Final = re.compile(r"[a-z0-9.-]{1,200}")


class Settings(BaseSettings):
    """What one service is told from outside."""

    model_config = SettingsConfigDict(env_prefix="SILLOK_", frozen=True, extra="ignore")

    data: Path = Field(default=Path("sillok-data"), description="folder of everything that this service keeps")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8000, description="port to listen on; 0: a free one")
    public_url: str | None = Field(default=None, description="address printed on papers; default: where it listens")
    log_name: str = Field(default="sillok.example", description="first part of every log's origin, chosen for ever")
    rpc_url: str | None = Field(default=None, description="Ethereum JSON-RPC; default: the embedded chain")
    finality: str = Field(default="instant", description="instant, depth:N or finalized")
    keystore_password: SecretStr | None = Field(default=None, description="only for tests; prefer a password file")
    keystore_password_file: Path | None = Field(default=None, description="file with the keystore's password")
    max_delay_s: Annotated[int, Field(ge=60, le=604800)] = Field(
        default=3600, description="longest time from a receipt to its anchor, written on chain when a log is opened"
    )
    anchor_age_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=1.0, description="anchor once the oldest unanchored record is this old, in seconds"
    )
    anchor_count: Annotated[int, Field(ge=1)] = Field(
        default=100_000, description="anchor at once when this many records wait"
    )
    chain_poll_s: Annotated[float, Field(gt=0, le=60)] = Field(
        default=0.25, description="how often the chain is asked for new blocks, in seconds"
    )
    stuck_after_s: Annotated[int, Field(ge=5)] = Field(
        default=60, description="a transaction not mined after this many seconds is replaced with a higher fee"
    )
    rpc_timeout_s: Annotated[float, Field(gt=0)] = Field(default=10.0, description="longest wait for the chain")
    lookups_per_s: Annotated[float, Field(ge=0)] = Field(
        default=50.0, description="look-ups per second from one address (burst: four times that); 0: no limit"
    )
    writes_per_s: Annotated[float, Field(ge=0)] = Field(
        default=5000.0, description="writes per second with one API key (burst: twice that); 0: no limit"
    )
    session_idle_s: Annotated[int, Field(ge=60, le=86400)] = Field(
        default=1800, description="a clerk's session ends after so many seconds without a request"
    )
    session_longest_s: Annotated[int, Field(ge=300, le=604800)] = Field(
        default=36000, description="a clerk's session ends so many seconds after sign-in: a working day"
    )
    upload_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=7,
        description="uploaded tables, their rows and the PDFs made from them are deleted after so many days",
    )
    visit_days: Annotated[int, Field(ge=366, le=3660)] = Field(
        default=731,
        description="who signed in and who looked at personal facts is deleted after so many days; Korean law wants "
        "it kept for a year, or two where unique identifiers or 50,000 people are concerned",
    )
    style_pages: bool = Field(
        default=False, description="serve /style, which shows made-up results; never where people verify documents"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="addresses of reverse proxies whose X-Forwarded-For is believed, as a JSON list"
    )

    @field_validator("finality")
    @classmethod
    def _finality_is_known(cls, value: str) -> str:
        if not FINALITY.fullmatch(value):
            raise ValueError("write instant, finalized or depth:N")
        return value

    @field_validator("log_name")
    @classmethod
    def _log_name_is_allowed(cls, value: str) -> str:
        if not LOG_NAME.fullmatch(value):
            raise ValueError("use lower-case letters, digits, '.' and '-', 200 characters at most")
        return value


def demo_folder(data: Path) -> Path:
    """Where a service keeps its demonstration; a service that has it marks its pages as such."""
    return data / "demo"


def load_settings(**given: object) -> Settings:
    """Settings from what the command line gave (None: not given), the environment, and the defaults.

    Raises:
        InputError: a value is out of range or of the wrong form; names the setting.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"The setting {name} cannot be used: {first['msg']}.",
            where=f"SILLOK_{name.upper()} or --{name.replace('_', '-')}",
        ) from error

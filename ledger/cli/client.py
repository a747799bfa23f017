"""A small HTTP client of the service for the command line: one kept connection, problems turned into our errors.

The command line writes through the service, so that there is one writer and one set of rules for what is accepted.
`http.client` is enough, imports in milliseconds, and can send and receive at the same time, which bulk needs.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from ledger.errors import ConflictError, InfrastructureError, InputError, NotFoundError, SillokError

SERVICE_FILE: Final = "service.json"
CHUNK_BYTES: Final = 65_536
"""Bulk lines are sent in pieces of about this size: one system call for some hundred lines."""
CHUNK_S: Final = 1.0
"""How old a line gets in such a piece, where each takes long to make: the service waits only so long for the next."""


def service_url(data: Path, url: str | None) -> str:
    """Where the service listens: as given, else as the running service wrote it into its data folder.

    Raises:
        InfrastructureError: neither is known.
    """
    if url:
        return url.rstrip("/")
    try:
        return str(json.loads((data / SERVICE_FILE).read_text())["url"])
    except (OSError, ValueError, KeyError) as error:
        raise InfrastructureError(
            f"No service runs on the folder {data}.", fix="Start one with `sillok up`, or name another with --url."
        ) from error


def local_key(data: Path, name: str, key_file: Path | None = None) -> str:
    """The API key from a file: the one given, else `<name>.key` in the data folder.

    Raises:
        InputError: there is no such file, or something else than a key is in it.
    """
    path = key_file or data / f"{name}.key"
    try:
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise InputError(
            f"The API key cannot be read: {error.strerror}.", where=str(path), fix="Give the file with --key-file."
        ) from error
    except UnicodeDecodeError as error:
        raise _no_key(path) from error
    if not re.fullmatch(r"[!-~]+", key):
        raise _no_key(path)
    return key


def _no_key(path: Path) -> InputError:
    return InputError("There is no API key in this file.", where=str(path), fix="Give its file with --key-file.")


def problem_error(status: int, body: bytes) -> SillokError:
    """The error that a problem document (RFC 9457) stands for."""
    try:
        problem = json.loads(body)
        what = str(problem.get("detail") or problem.get("title"))
        where, fix = problem.get("where"), problem.get("fix")
    except (ValueError, AttributeError):
        what, where, fix = f"The service answered {status}.", None, None
    kind: type[SillokError] = InputError
    if status == 404:
        kind = NotFoundError
    elif status == 409:
        kind = ConflictError
    elif status == 429 or status >= 500:
        kind = InfrastructureError
    return kind(what, where=where, fix=fix)


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


class ServiceClient:
    """Speaks to one service over one kept-alive connection; not for several threads at once."""

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = 120.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(f"{url!r} is no address of a service.", fix="Write it as http://127.0.0.1:8000.")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self.url = url

    def __enter__(self) -> ServiceClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str, **query: str | int | None) -> Any:
        """GET a JSON document. Raises the error that a problem document stands for."""
        return json.loads(self.get_bytes(path, **query))

    def get_bytes(self, path: str, **query: str | int | None) -> bytes:
        """GET the bytes of a document."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._exchange("GET", path + (f"?{urlencode(given)}" if given else ""), None, {})

    def post(self, path: str, document: Mapping[str, object], *, idempotency_key: str | None = None) -> Any:
        """POST a JSON document and read the JSON answer."""
        headers = {"Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        body = json.dumps(document, ensure_ascii=False).encode()
        return json.loads(self._exchange("POST", path, body, headers) or b"null")

    def post_bytes(self, path: str, body: bytes, content_type: str) -> Any:
        """POST raw bytes (an evidence file) and read the JSON answer."""
        return json.loads(self._exchange("POST", path, body, {"Content-Type": content_type}))

    def delete(self, path: str) -> None:
        """DELETE a resource."""
        self._exchange("DELETE", path, None, {})

    def bulk(self, path: str, lines: Iterable[bytes]) -> Iterator[Any]:
        """POST NDJSON and yield each answered line while the lines are still being sent.

        Sending runs in a thread of its own: the service answers as it goes, and neither side may wait for the other.

        Raises:
            InfrastructureError: the connection broke; every line that was answered is kept.
        """
        connection = self._connection
        failures: list[SillokError] = []
        try:
            connection.putrequest("POST", self._prefix + path)
            for name, value in (self._headers | {"Content-Type": "application/x-ndjson"}).items():
                connection.putheader(name, value)
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            sender = threading.Thread(target=_send_chunked, args=(connection, lines, failures), daemon=True)
            sender.start()
            response = connection.getresponse()
            if response.status >= 400:
                raise problem_error(response.status, response.read())
            for line in response:
                yield json.loads(line)
            sender.join(timeout=1.0)
        except (OSError, HTTPException, ValueError) as error:
            raise self._broken(error) from error
        finally:
            connection.close()
        if failures:
            raise failures[0]

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        # A kept connection may have been closed by the service meanwhile: one more try on a new one. Every write has
        # an idempotency key or is idempotent by nature, so a second try never does a thing twice.
        for attempt in (1, 2):
            try:
                self._connection.request(method, self._prefix + path, body, self._headers | dict(headers))
                response = self._connection.getresponse()
                content = response.read()
                break
            except (OSError, HTTPException) as error:
                self._connection.close()
                if attempt == 2 or isinstance(error, TimeoutError | ConnectionRefusedError):
                    raise self._broken(error) from error
        return _checked(response, content)

    def _broken(self, error: Exception) -> InfrastructureError:
        return InfrastructureError(
            f"The service at {self.url} does not answer ({type(error).__name__}).",
            fix="See whether `sillok up` runs; then give the same command again.",
        )


def operator_client(data: Path, url: str | None, key_file: Path | None) -> ServiceClient:
    """The service as its operator speaks to it: its address and the operator's key as given, else from the folder.

    Raises:
        InfrastructureError: no service runs on the folder.
        InputError: there is no key, or the address is none.
    """
    return ServiceClient(service_url(data, url), key=local_key(data, "operator", key_file))


def _checked(response: HTTPResponse, content: bytes) -> bytes:
    if response.status >= 400:
        raise problem_error(response.status, content)
    return content


def _send_chunked(connection: HTTPConnection, lines: Iterable[bytes], failures: list[SillokError]) -> None:
    buffer, sent = bytearray(), time.monotonic()
    try:
        for line in lines:
            buffer += line.rstrip(b"\n") + b"\n"
            if len(buffer) >= CHUNK_BYTES or time.monotonic() - sent > CHUNK_S:
                connection.send(b"%x\r\n%b\r\n" % (len(buffer), bytes(buffer)))
                buffer.clear()
                sent = time.monotonic()
    except SillokError as error:
        # An input that can't be read ends the job where it stands; the reader is told when the answers are in.
        failures.append(error)
    except OSError:
        return  # The reading side sees the broken connection too, and says so.
    with suppress(OSError):
        if buffer:
            connection.send(b"%x\r\n%b\r\n" % (len(buffer), bytes(buffer)))
        connection.send(b"0\r\n\r\n")

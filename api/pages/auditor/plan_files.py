"""The plan as files for programs: CSV (RFC 4180), JSON, iCalendar (RFC 5545) and Atom (RFC 4287)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from api.pages.words import Words
from ledger.hashing.canonical import Json
from ledger.procurement.plan import PlanEntry
from ledger.values import Instant, format_instant

COLUMNS: Final = (
    ("plan.year", "year"),
    ("plan.title", "title"),
    ("plan.titleEn", "titleEn"),
    ("plan.field", "field"),
    ("plan.owner", "owner"),
    ("plan.amount", "amount"),
    ("plan.currency", "currency"),
    ("plan.projects", "projects"),
    ("plan.units", "units"),
    ("tender.notice", "notice"),
    ("tender.closes", "closes"),
    ("contract.ends", "ends"),
    ("plan.source", "source"),
)
DATES: Final = (("plan.expected", "expected"), ("tender.closes", "closes"), ("contract.ends", "ends"))
"""Facts that are days, and the name of their event."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LINE_OCTETS: Final = 75
_ATOM: Final = "http://www.w3.org/2005/Atom"
_XML_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def defuse(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def as_csv(entries: Sequence[PlanEntry]) -> bytes:
    """A table with a header, CRLF and a byte order mark, without which Korean spreadsheets guess another encoding."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["ocid", "agency", "log", "index", "sort", "steps", "recordedAt", *(name for _, name in COLUMNS)])
    for entry in entries:
        cells = [entry.process_id, entry.agency, entry.origin, str(entry.index), entry.sort.value, str(entry.steps)]
        cells += [format_instant(entry.recorded_at), *(entry.text(path) or "" for path, _ in COLUMNS)]
        rows.writerow([defuse(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_json(entries: Sequence[PlanEntry], address: str) -> Json:
    """Every entry with all of its public facts."""
    return {
        "plans": [
            {
                "ocid": entry.process_id,
                "agency": entry.agency,
                "log": entry.origin,
                "index": entry.index,
                "sort": entry.sort.value,
                "steps": entry.steps,
                "recordedAt": format_instant(entry.recorded_at),
                "page": _page(address, entry),
                "facts": {path: value for path, value in entry.facts.items() if not path.startswith("pad.")},
            }
            for entry in entries
        ]
    }


def as_calendar(entries: Sequence[PlanEntry], address: str, words: Words) -> bytes:
    """A whole-day event for each day that a process states: expected tender, its close, the contract's end."""
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sillok//Plans//KO", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"),
        f"X-WR-CALNAME:{_escaped(words['plans_heading'])}",
    ]
    for entry in entries:
        for path, name in DATES:
            day = _day(entry.text(path))
            if day is None:
                continue
            summary = f"{words[f'plans_event_{name}']}: {entry.title(words.language)}"
            lines += [
                "BEGIN:VEVENT",
                f"UID:{quote(entry.process_id)}.{name}@{entry.origin.partition('/')[0]}",
                f"DTSTAMP:{_stamp(entry.changed_at)}",
                f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
                f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
                f"SUMMARY:{_escaped(summary)}",
                f"URL:{_page(address, entry)}",
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
            ]
    return "".join(f"{line}\r\n" for whole in [*lines, "END:VCALENDAR"] for line in _folded(whole)).encode()


def as_atom(entries: Sequence[PlanEntry], address: str, here: str, words: Words, now: Instant) -> bytes:
    """A feed of the plan, what changed last first.

    Args:
        entries: what the reader asked for.
        address: where this service is, without a slash at the end.
        here: the feed's own address.
        words: the language of its titles.
        now: the time of an empty feed.
    """
    newest = sorted(entries, key=lambda entry: (-entry.changed_at, entry.process_id))
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": words.language})
    _add(feed, "id", here)
    _add(feed, "title", words["plans_heading"])
    _add(feed, "updated", format_instant(newest[0].changed_at if newest else now))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": here})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{address}/plans"})
    _add(SubElement(feed, "author"), "name", words["site"])
    for entry in newest:
        item = SubElement(feed, "entry")
        _add(item, "id", _page(address, entry))
        _add(item, "title", entry.title(words.language))
        _add(item, "updated", format_instant(entry.changed_at))
        _add(item, "published", format_instant(entry.recorded_at))
        SubElement(item, "link", {"rel": "alternate", "type": "text/html", "href": _page(address, entry)})
        _add(item, "summary", _summary(entry))
    text: str = tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def _summary(entry: PlanEntry) -> str:
    cells = [entry.text(path) for path in ("plan.amount", "plan.currency", "plan.field", "plan.owner")]
    return ", ".join(cell for cell in cells if cell) or entry.process_id


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _XML_FORBIDDEN.sub("\ufffd", text)


def _page(address: str, entry: PlanEntry) -> str:
    return f"{address}/p/{quote(entry.process_id, safe='')}"


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        return None


def _stamp(instant: Instant) -> str:
    return format_instant(instant).replace("-", "").replace(":", "")


def _escaped(text: str) -> str:
    """TEXT of RFC 5545, section 3.3.11."""
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\r\n", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A content line in pieces of at most 75 octets, never through a character (section 3.1)."""
    piece, room = "", _LINE_OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            yield piece
            piece, room = " ", _LINE_OCTETS - 1
        piece, room = piece + character, room - size
    yield piece

"""A stop does not wait for pages that watch: they are let go, and come again after the restart."""

from __future__ import annotations

import asyncio
import signal
from typing import Any, cast

from api.pages.clerk.events import Streams, _events
from api.server import server_for


def test_a_signal_is_told_before_running_answers_are_waited_for() -> None:
    async def nothing(*_: object) -> None: ...

    left: list[bool] = []
    server = server_for(nothing, host="127.0.0.1", port=0, leaving=lambda: left.append(server.should_exit))
    server.handle_exit(signal.SIGTERM, None)
    assert left == [False]
    assert server.should_exit


def test_a_stream_without_news_ends_when_the_service_leaves() -> None:
    async def watch() -> list[bytes]:
        streams = Streams()
        nobody = cast(Any, None)
        told = _events(nobody, streams, nobody, lambda: ({"state": "draft"}, False))
        first = await anext(told)
        assert streams.open == 1
        streams.closing = True
        rest = [piece async for piece in told]
        assert streams.open == 0
        return [first, *rest]

    assert asyncio.run(watch()) == [b'data: {"state": "draft"}\n\n']

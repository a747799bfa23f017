"""For the operator: how the service is, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.responses import JSONResponse, Response

from api.deps import Open
from ledger.log.health import Snapshot, State
from ledger.values import format_instant
from ledger.wiring import Services

router = APIRouter(tags=["operations"])
PREFIX: Final = "sillok_"


@router.get("/healthz", summary="How the service is", responses={503: {"description": "A promise is broken"}})
def healthz(services: Open) -> JSONResponse:
    """200 while every promise is kept (`ok`, or `degraded`: somebody should look), 503 once one is broken.

    A receipt whose deadline passed without an anchor is a broken promise.
    """
    snapshot = services.health.snapshot()
    return JSONResponse(_json(snapshot), 503 if snapshot.state is State.FAILING else 200)


@router.get("/readyz", summary="Whether the service takes requests")
def readyz(services: Open) -> JSONResponse:
    """200 once the store answers; a chain that is away does not make the service unready."""
    services.records.logs()
    return JSONResponse({"ready": True})


@router.get("/metrics", response_class=Response, summary="Numbers for Prometheus")
def metrics(services: Open) -> Response:
    """Sizes, lags and deadlines of each log, the chain, and what is on the way to it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(services))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Numbers:
    """The health snapshot as Prometheus wants it: read when it is asked for, so never stale."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Every number, grouped by name."""
        snapshot = self._services.health.snapshot()
        families: dict[str, GaugeMetricFamily] = {}
        for metric in snapshot.metrics:
            names = sorted(metric.labels)
            family = families.setdefault(
                metric.name, GaugeMetricFamily(PREFIX + metric.name, metric.help, labels=names)
            )
            family.add_metric([metric.labels[name] for name in names], metric.value)
        health = GaugeMetricFamily(PREFIX + "component_ok", "1: ok, 0.5: degraded, 0: failing.", labels=["component"])
        for component in snapshot.components:
            health.add_metric([component.name], _VALUES[component.state])
        yield from (*families.values(), health)


_VALUES: Final = {State.OK: 1.0, State.DEGRADED: 0.5, State.FAILING: 0.0}


def _json(snapshot: Snapshot) -> dict[str, object]:
    return {
        "state": snapshot.state.value,
        "at": format_instant(snapshot.at),
        "components": [
            {"name": part.name, "state": part.state.value, "text": part.text, "fix": part.fix}
            for part in snapshot.components
        ],
    }

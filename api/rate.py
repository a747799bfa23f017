"""Token buckets: how often one address or one key may ask.

Look-ups are counted by address, so that nobody walks through document numbers; writes by API key, so that one
runaway client does not take the whole machine from the other offices. Buckets live in memory: after a restart
everyone starts full, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from ipaddress import IPv6Address, ip_address

from api.limits import MAX_CLIENTS, Rate


class TokenBuckets:
    """One bucket per caller; a caller that has been silent longest is forgotten first."""

    def __init__(self, rate: Rate, clock: Callable[[], float], *, capacity: int = MAX_CLIENTS) -> None:
        """Start with every bucket full.

        Args:
            rate: requests per second and burst; `per_s` 0 means no limit.
            clock: seconds that never run backwards.
            capacity: number of callers that are remembered.
        """
        self.rate = rate
        self._clock = clock
        self._capacity = capacity
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, caller: Hashable) -> float:
        """Take one token. Answers 0, or the seconds after which the caller may try again (nothing is taken)."""
        if not self.rate.per_s:
            return 0.0
        now = self._clock()
        tokens, then = self._buckets.pop(caller, (float(self.rate.burst), now))
        tokens = min(float(self.rate.burst), tokens + (now - then) * self.rate.per_s)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self.rate.per_s
        # Put back at the end: the dict's own order is the order of the last request.
        self._buckets[caller] = (tokens if wait else tokens - 1, now)
        if len(self._buckets) > self._capacity:
            del self._buckets[next(iter(self._buckets))]
        return wait

    def give_back(self, caller: Hashable) -> None:
        """Return a token that was taken for what turned out to cost nothing, such as a sign-in that succeeded."""
        found = self._buckets.get(caller)
        if found is not None:
            self._buckets[caller] = (min(float(self.rate.burst), found[0] + 1), found[1])


def caller_of(host: str) -> str:
    """The caller that an address stands for: an IPv4 address, or the /64 network that one IPv6 subscriber has."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64)) + "/64"

"""How often one caller may ask."""

from __future__ import annotations

import pytest

from api.limits import Rate
from api.rate import TokenBuckets, caller_of


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_then_the_caller_waits_as_long_as_it_is_told() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_s=2, burst=3), clock)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    wait = buckets.take("a")
    assert wait == pytest.approx(0.5)
    clock.now += wait
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0


def test_one_caller_does_not_pay_for_another() -> None:
    buckets = TokenBuckets(Rate(per_s=1, burst=1), Clock())
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    assert buckets.take("b") == 0


def test_asking_while_refused_does_not_lengthen_the_wait() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_s=1, burst=1), clock)
    buckets.take("a")
    for _ in range(50):
        buckets.take("a")
    clock.now += 1
    assert buckets.take("a") == 0


def test_a_silent_caller_never_saves_up_more_than_the_burst() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(per_s=10, burst=2), clock)
    buckets.take("a")
    clock.now += 3600
    assert [buckets.take("a") == 0 for _ in range(3)] == [True, True, False]


def test_many_addresses_do_not_fill_the_memory_and_the_busy_one_is_not_forgotten() -> None:
    buckets = TokenBuckets(Rate(per_s=0.001, burst=1), Clock(), capacity=10)
    buckets.take("busy")
    for number in range(100):
        buckets.take(number)
        assert buckets.take("busy") > 0
    assert len(buckets._buckets) == 10


def test_rate_zero_means_no_limit() -> None:
    buckets = TokenBuckets(Rate(per_s=0, burst=0), Clock())
    assert all(buckets.take("a") == 0 for _ in range(1000))


def test_an_ipv6_subscriber_is_one_caller_whatever_address_it_takes() -> None:
    assert caller_of("2001:db8:1:2::1") == caller_of("2001:db8:1:2:ffff::9")
    assert caller_of("2001:db8:1:2::1") != caller_of("2001:db8:1:3::1")
    assert caller_of("::ffff:192.0.2.7") == caller_of("192.0.2.7")
    assert caller_of("testclient") == "testclient"

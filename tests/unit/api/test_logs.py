"""The delayed log: every line once, in order, whoever writes, and none left behind."""

from __future__ import annotations

import io
import logging
import threading
import time

import pytest
import structlog

from api.logs import DelayedStream, configure_logs


def test_lines_of_many_threads_arrive_once_and_in_each_thread_s_order() -> None:
    target = io.StringIO()
    stream = DelayedStream(target)

    def write(name: int) -> None:
        for number in range(500):
            stream.write(f"{name} {number}\n")
            if number % 50 == 0:
                time.sleep(0.002)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stream.write_out()
    lines = [line.split() for line in target.getvalue().splitlines()]
    assert len(lines) == 8 * 500
    for name in range(8):
        assert [int(number) for who, number in lines if who == str(name)] == list(range(500))


def test_a_line_goes_out_by_itself() -> None:
    target = io.StringIO()
    DelayedStream(target).write("one\n")
    for _ in range(500):
        if target.getvalue():
            break
        time.sleep(0.02)
    assert target.getvalue() == "one\n"


@pytest.mark.parametrize("by", ["uvicorn.error", "structlog"])
def test_what_an_exception_says_stays_out_of_the_log(by: str) -> None:
    stream = io.StringIO()
    try:
        configure_logs(stream, delayed=False)
        try:
            raise RuntimeError("the number is 1234-5678")
        except RuntimeError:
            if by == "structlog":
                structlog.get_logger().error("broke", exc_info=True)
            else:
                logging.getLogger(by).exception("broke")
    finally:
        structlog.reset_defaults()
    assert '"broke"' in stream.getvalue()
    assert "1234-5678" not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()

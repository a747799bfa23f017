"""`python -m localchain`: open a folder's chain and serve it until told to stop.

Prints one line of JSON when it is ready, so that a parent process knows where it listens; errors go to standard error
in two sentences, never as a stack trace.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from localchain.dispatch import Dispatcher
from localchain.errors import LocalChainError
from localchain.identity import DEFAULT_CHAIN_ID, MAX_CHAIN_ID
from localchain.node import Node
from localchain.server import RpcServer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localchain",
        description="A durable Ethereum chain of one operator, with JSON-RPC on 127.0.0.1.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the chain")
    parser.add_argument("--port", type=_port, default=8545, metavar="N", help="port; 0 takes a free one (8545)")
    parser.add_argument(
        "--dev", action="store_true", help="development chain: well-known keys are funded, time can be moved"
    )
    parser.add_argument(
        "--chain-id", type=_chain_id, metavar="N", help=f"chain id of a new chain ({DEFAULT_CHAIN_ID})"
    )
    parser.add_argument(
        "--exit-with-stdin",
        action="store_true",
        help="stop when standard input closes, as when a parent dies; Ctrl-C is then left to the parent",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 to 65535")
    return int(text)


def _chain_id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_CHAIN_ID:
        raise argparse.ArgumentTypeError(f"{text!r} is no chain id: give 1 to {MAX_CHAIN_ID}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chain; returns 0 after a stop that was asked for, 1 where it cannot be run."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        node = Node.open(given.data, development=given.dev, chain_id=given.chain_id)
    except LocalChainError as error:
        sys.stderr.write(f"{error.what}\n{error.fix}\n")
        return 1
    try:
        server = RpcServer(Dispatcher(node), given.port)
    except OSError as error:
        node.close()
        sys.stderr.write(f"Port {given.port} cannot be used: {error.strerror}.\nGive another --port, or 0.\n")
        return 1
    return _serve(node, server, exit_with_stdin=given.exit_with_stdin)


def _serve(node: Node, server: RpcServer, *, exit_with_stdin: bool) -> int:
    stop = threading.Event()
    broken: list[str] = []

    def end(what: str) -> None:
        broken.append(what)
        stop.set()

    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # A terminal sends Ctrl-C to parent and child alike; the parent still has to write what it promised.
    signal.signal(signal.SIGINT, signal.SIG_IGN if exit_with_stdin else lambda *_: stop.set())
    node.when_stuck(lambda: end("The database holds a lock that it can't give back."))
    threading.Thread(target=_answer, args=(server, stop, end), daemon=True).start()
    if exit_with_stdin:
        threading.Thread(target=_wait_for_end_of_stdin, args=(stop,), daemon=True).start()
    ready = {
        "url": server.url,
        "chainId": node.chain_id,
        "genesis": "0x" + node.genesis_hash.hex(),
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    stop.wait()
    if broken:
        sys.stderr.write(f"{broken[0]}\nStart it again; what it answered for is on disk.\n")
        sys.stderr.flush()
        os._exit(1)
    server.stop()
    node.close()
    return 0


def _answer(server: RpcServer, stop: threading.Event, end: Callable[[str], None]) -> None:
    """Answer requests until told to stop. A process that no longer listens must end, so that it is started again."""
    try:
        server.serve_forever(poll_interval=0.1)
    except OSError as error:
        sys.stderr.write(f"Waiting for requests failed: {error.strerror}.\n")
    finally:
        if not stop.is_set():
            end("The chain can't listen any more.")


def _wait_for_end_of_stdin(stop: threading.Event) -> None:
    # Where it can't be read that is an end too: a chain that does not notice its parent's would outlive it.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())

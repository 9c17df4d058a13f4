"""``python -m sandbox``: serve the sandbox, leave drops in it, ask how it is.

python -m sandbox [serve] --home .sandbox --port-base 18022
python -m sandbox drop --home .sandbox --orders 20 --site RefArch
python -m sandbox drop --home .sandbox --demo
python -m sandbox drop --home .sandbox --bad cut_in_record
python -m sandbox status --home .sandbox
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.endpoints import Endpoints

if TYPE_CHECKING:
    from sandbox.shop.delivery import DropFile

PORT_BASE = 18022
_COMMANDS = ("serve", "drop", "status")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not any(each in _COMMANDS or each in {"-h", "--help"} for each in arguments):
        arguments.insert(0, "serve")
    options = _parser().parse_args(arguments)
    status: int = options.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    home = argparse.ArgumentParser(add_help=False)
    home.add_argument("--home", type=Path, default=Path(".sandbox"), help="folder that keeps all state (.sandbox)")
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", parents=[home], help="serve until interrupted")
    serve.add_argument("--port-base", type=int, default=PORT_BASE, help="SFTP here, shop +1, NetSuite +2; 0: any free")
    serve.add_argument("--import-seconds", type=float, metavar="N", help="the shop imports feeds every N seconds")
    serve.set_defaults(run=_serve)
    drop = commands.add_parser("drop", parents=[home], help="leave drops in the SFTP folder")
    what = drop.add_mutually_exclusive_group(required=True)
    what.add_argument("--demo", action="store_true", help="the demo's drops")
    what.add_argument("--orders", type=int, metavar="N", help="a drop of N random orders")
    what.add_argument("--customers", type=int, metavar="N", help="a customer list of N customers")
    what.add_argument("--bad", metavar="NAME", help="a bad drop by name; 'list' names them")
    drop.add_argument("--site", default="RefArch", help="site of the drop (RefArch)")
    drop.add_argument("--seed", type=int, default=0, help="another seed, other orders")
    drop.set_defaults(run=_drop)
    commands.add_parser("status", parents=[home], help="say where it serves").set_defaults(run=_status)
    return parser


def _serve(options: argparse.Namespace) -> int:
    from sandbox.serving import Ports, Refused, serve

    try:
        home, ports = options.home.resolve(), Ports.from_base(options.port_base)
        asyncio.run(serve(home, ports, _announce, import_seconds=options.import_seconds))
    except Refused as refused:
        _say(f"sandbox: {refused}", error=True)
        return 1
    return 0


def _announce(endpoints: Endpoints) -> None:
    drops, netsuite = endpoints.sftp, endpoints.netsuite
    _say(f"sandbox: SFTP      sftp://{drops['username']}@{drops['host']}:{drops['port']}")
    _say(f"sandbox: shop API  {endpoints.sfcc['base_url']}")
    if netsuite:
        _say(f"sandbox: NetSuite  {netsuite['base_url']}")
    _say(f"sandbox: credentials and folders in {endpoints.home}/endpoints.json")


def _drop(options: argparse.Namespace) -> int:
    from sandbox.shop.bad import BAD_DROPS
    from sandbox.shop.delivery import deliver

    if options.bad == "list":
        _say("\n".join(f"{name:28} {each.summary}" for name, each in BAD_DROPS.items()))
        return 0
    if options.bad and options.bad not in BAD_DROPS:
        _say(f"sandbox: no bad drop is called {options.bad}; 'drop --bad list' names them", error=True)
        return 2
    for path in deliver(options.home, _drops(options, datetime.now(UTC))):
        _say(str(path))
    return 0


def _drops(options: argparse.Namespace, now: datetime) -> list[DropFile]:
    from sandbox.shop import bad, customers, delivery, demo, orders

    if options.demo:
        return demo.drops(now).files
    if options.bad:
        return [bad.bad_drop(options.bad, options.site, now, seed=options.seed)]
    if options.customers:
        accounts = customers.random_accounts(options.customers, options.seed, site=options.site, now=now)
        return [delivery.customer_drop(options.site, accounts, now)]
    made = list(orders.random_orders(options.orders, options.seed, site=options.site, now=now))
    return [delivery.order_drop(options.site, made, now)]


def _status(options: argparse.Namespace) -> int:
    try:
        endpoints = Endpoints.read(options.home)
        os.kill(endpoints.pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        _say(f"sandbox: none is running in {options.home}", error=True)
        return 1
    _announce(endpoints)
    return 0


def _say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

"""``python -m tools.fleet``: the centre at the command line. README.md shows the ways to run it.

serve      broker, collectors, console and public page on this machine, until interrupted
collect    collectors and host only, for a broker and a database that are somewhere else
web        console and public page only
files      the files of releases for terminals, over mutual TLS
trust      terminals' new keys enter the trusted key list
publish    a list of subjects or of keys becomes a signed version
simulate   invented terminals against a broker
key        make the centre's key     account   make a login     terminal   enter a terminal     broker-conf   write mosquitto's configuration
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import OperationalError

from tools.fleet.config import Broker, FleetConfig

PORT = 8710
BROKER_PORT = 1883


def main(arguments: list[str] | None = None) -> int:
    """Do one verb. Exit code 2 also when the database cannot be reached."""
    chosen = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = chosen.run
    try:
        return run(chosen)
    except OperationalError as err:
        print(f"database: {err.orig}", file=sys.stderr)
        return 2


def config_of(chosen: argparse.Namespace) -> FleetConfig:
    """What the options say. The database's address may come by ``FLEET_DATABASE``: a command line is seen by everybody."""
    own_port = getattr(chosen, "broker_port", BROKER_PORT)
    host, _, port = chosen.broker.rpartition(":") if chosen.broker else ("127.0.0.1", "", str(own_port))
    broker = Broker(
        host=host or "127.0.0.1",
        port=int(port),
        user=chosen.user,
        password_file=chosen.password_file,
        ca=chosen.ca,
        certificate=chosen.certificate,
        key=chosen.key,
    )
    database = chosen.database or os.environ.get("FLEET_DATABASE", "")
    return FleetConfig(chosen.folder, database, broker, chosen.collectors, not chosen.no_shared)


def _parser() -> argparse.ArgumentParser:
    from tools.fleet import commands, release_commands

    parser = argparse.ArgumentParser(
        prog="python -m tools.fleet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    common = _common()

    def verb(name: str, say: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=say, description=say, parents=[common])
        made.set_defaults(run=run)
        return made

    serve = verb("serve", "everything on this machine", commands.serve)
    serve.add_argument("--port", type=int, default=PORT, help="of the web application")
    serve.add_argument(
        "--bind", default="127.0.0.1", help="address of the web application; anything but loopback needs TLS before it"
    )
    serve.add_argument("--broker-port", type=int, default=BROKER_PORT, help="of the broker that is started when none is named")
    collect = verb("collect", "collectors and host", commands.collect)
    collect.add_argument("--part", default="", help=argparse.SUPPRESS)
    web = verb("web", "console and public page", commands.web)
    web.add_argument("--port", type=int, default=PORT)
    web.add_argument("--bind", default="127.0.0.1")
    web.add_argument("--behind-tls", action="store_true", help="a proxy on this machine passes on what comes by HTTPS")
    release_commands.add_verbs(verb)
    simulate = verb("simulate", "invented terminals", commands.simulate)
    simulate.add_argument("--terminals", type=int, default=20)
    simulate.add_argument("--rate", type=float, default=2, help="certificates a second, over all terminals")
    simulate.add_argument("--seconds", type=float, default=60)
    simulate.add_argument("--report", type=float, default=30, metavar="S", help="seconds between two reports of health")
    simulate.add_argument("--connects", type=float, default=250, help="new connections a second")
    simulate.add_argument(
        "--faults",
        default="",
        help="offline:0.1,duplicates:0.05,reorder:0.05,rollback:0.01,clone:0.01,paperOut:0.05,silence:0.02,outage:140703",
    )
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument(
        "--check", action="store_true", help="compare with the database afterwards; exit code 1 when something is lost"
    )
    verb("key", "make the centre's key pair", commands.key)
    account = verb("account", "make a login for the console; the password is read from standard input", commands.account)
    account.add_argument("login")
    account.add_argument("--name", default="")
    account.add_argument("--role", default="operator")
    account.add_argument("--area", default="140000", help="code of the province, a city, a county or a township")
    terminal = verb("terminal", "enter a terminal into the register, or change its entry", commands.terminal)
    terminal.add_argument("code", help="ten digits")
    terminal.add_argument("--station", default="")
    terminal.add_argument("--town", default="", help="nine digits")
    terminal.add_argument("--retire", action="store_true")
    conf = verb("broker-conf", "write mosquitto.conf and its access list into the folder", commands.broker_conf)
    conf.add_argument("--port", type=int, default=8883)
    conf.add_argument("--bind", default="", help="address; default with TLS: all, without: this machine")
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--folder", type=Path, default=Path("centre"), help="keys, secrets and the embedded database of this centre"
    )
    common.add_argument(
        "--database", default="", metavar="URL", help="postgresql://…; default FLEET_DATABASE, else SQLite in the folder"
    )
    common.add_argument("--broker", default="", metavar="HOST:PORT", help="a broker that runs already")
    common.add_argument("--user", default="sxc", help="the centre's user name at the broker")
    common.add_argument("--password-file", type=Path)
    common.add_argument("--ca", type=Path, help="TLS: the authority of the broker")
    common.add_argument("--certificate", type=Path)
    common.add_argument("--key", type=Path)
    common.add_argument("--collectors", type=int, default=1, help="ingest processes")
    common.add_argument("--no-shared", action="store_true", help="the broker has no shared subscriptions: one ingest process")
    return common


if __name__ == "__main__":
    sys.exit(main())

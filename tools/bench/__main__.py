"""``python -m tools.bench``: the virtual bench at the command line. Exit code 2: no bench runs, or it cannot do that; one line says why."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.bench import control
from tools.bench.display import run_folder
from tools.bench.errors import BenchError
from tools.bench.people import everybody, subjects_of

PORT = 8707
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp"})

Chosen = argparse.Namespace


def main(arguments: list[str] | None = None) -> int:
    """Do one verb."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["demo"]:
        from tools.bench import demo

        return demo.main(words[1:])
    chosen = _parser().parse_args(words)
    try:
        run: Callable[[Chosen], int] = chosen.run
        return run(chosen)
    except BenchError as err:
        print(err, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--folder", type=Path, help="where the bench lives; the same for all verbs")

    def verb(name: str, say: str, run: Callable[[Chosen], int]) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=say, description=say, parents=[common])
        made.set_defaults(run=run)
        return made

    verbs.add_parser("demo", help="terminal and bench in one command; see demo --help")
    serve = verb("serve", "plug in the devices and serve their page until interrupted", _serve)
    serve.add_argument("--port", type=int, default=PORT, help="port of the page on this machine (0: any)")
    serve.add_argument("--serial-scale", metavar="PROTOCOL", default="", help="a serial scale on a pseudo-terminal instead of HID")
    serve.add_argument("--tcp-printer", action="store_true", help="the printer on port 9100 of this machine instead of USB")
    serve.add_argument("--head", type=int, default=576, choices=(384, 576, 640, 832), help="dots of the print head")
    verb("tap-card", "lay a person's card on the reader", _asks("tap-card", "name")).add_argument("name")
    verb("remove-card", "take the card away", _asks("remove-card"))
    verb("reader", "break the reader: mute bad-checksum refuse pull-early well", _asks("reader", "fault")).add_argument("fault")
    verb("weight", "put kilograms on the scale", _asks("weight", "kg")).add_argument("kg")
    verb("scale", "break the scale: frozen negative overload unstable mute ... well", _asks("scale", "fault")).add_argument("fault")
    printer = verb("printer", "paper-out paper-low cover-open jam hot mute stuck ... well", _asks("printer", "fault", "number"))
    printer.add_argument("fault")
    printer.add_argument("number", type=int, nargs="?", help="rows or copies, for paper-out-after-...")
    verb("unplug", "pull out reader, scale, printer or camera", _asks("unplug", "device")).add_argument("device")
    plug = verb("plug", "plug it in again", _asks("plug", "device", "port"))
    plug.add_argument("device")
    plug.add_argument("--port", type=int, help="into another port")
    verb("show-qr", "hold a picture or a code of this text before the camera", _show_qr).add_argument("what")
    label = verb("show-label", "hold a printed label before the camera: the newest, or that number", _asks("show-label", "number"))
    label.add_argument("number", type=int, nargs="?")
    verb("clear-camera", "take it away", _asks("clear-camera"))
    verb("state", "everything that can be seen, as JSON", _state)
    verb("people", "whose cards there are", _people)
    return parser


def _asks(do: str, *fields: str) -> Callable[[Chosen], int]:
    def run(chosen: Chosen) -> int:
        _ask(chosen, {"do": do, **{field: getattr(chosen, field) for field in fields}})
        return 0

    return run


def _ask(chosen: Chosen, request: dict[str, Any]) -> dict[str, Any]:
    answer = control.ask(run_folder(chosen.folder), request)
    if not answer["ok"]:
        print(answer["line"], file=sys.stderr)
        raise SystemExit(2)
    return answer


def _show_qr(chosen: Chosen) -> int:
    what = Path(chosen.what)
    if what.suffix.lower() in _PICTURES:
        if not what.is_file():
            raise BenchError("no-such-file", name=what)
        _ask(chosen, {"do": "show-qr", "file": str(what.resolve())})
    elif what.suffix.lower() == ".txt" and what.is_file():
        _ask(chosen, {"do": "show-qr", "text": what.read_text(encoding="utf-8").strip()})
    else:
        _ask(chosen, {"do": "show-qr", "text": chosen.what})
    return 0


def _state(chosen: Chosen) -> int:
    print(json.dumps(_ask(chosen, {"do": "state"})["state"], ensure_ascii=False, indent=2))
    return 0


def _people(_: Chosen) -> int:
    for one in everybody():
        print(f"{one.key:6} {one.name:6} {one.card.number}  {one.note}  {'、'.join(subjects_of(one.key))}".rstrip())
    return 0


def _serve(chosen: Chosen) -> int:
    from tools.bench.bench import Bench
    from tools.bench.printer import TCP_PORT
    from tools.bench.web.server import serving

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    bench = Bench(
        run_folder(chosen.folder),
        serial_scale=chosen.serial_scale,
        tcp_port=TCP_PORT if chosen.tcp_printer else None,
        head_dots=chosen.head,
    )
    with bench, serving(bench, chosen.port) as address:
        print(f"page {address}\nbus  {bench.usb_socket}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

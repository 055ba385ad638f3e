"""What the bench refuses: a code with facts for programs and the page, one line for people at the command line."""

from __future__ import annotations

_LINES = {
    "no-bench": "no bench runs in {folder}; start one with: python -m tools.bench serve",
    "bench-runs": "a bench runs in {folder} already",
    "port-taken": "port {port} is taken; choose another with --port",
    "no-such-person": "no person is called {name}; there are: {known}",
    "no-such-device": "no device is called {name}; there are: {known}",
    "no-such-fault": "{device} has no fault called {name}; there are: {known}",
    "no-such-protocol": "no serial scale speaks {name}; there are: {known}",
    "no-such-verb": "the bench cannot {name}; it can: {known}",
    "no-such-file": "there is no file {name}",
    "no-such-label": "there is no label {number}; {count} came out so far",
    "not-a-picture": "{name} is no picture",
    "not-a-weight": "{name} is no weight in kilograms",
    "not-a-number": "{name} needs a whole number",
    "nothing-given": "{name} is missing",
    "text-too-long": "{size} characters are too many for one code",
    "unplugged": "the {device} is unplugged",
    "already-so": "the {device} is {how} already",
    "only-hid": "only the HID scale can be {name}",
}


class BenchError(Exception):
    """``code`` is a key of the table above, ``facts`` fill its line."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = {name: str(value) for name, value in facts.items()}
        super().__init__(_LINES[code].format(**self.facts))

"""The calls of the issuer's socket: the methods of ``TerminalIssuer`` with their own types, so that the protocol is the contract.

Rules: a call is ``REPEATABLE`` when asking it again under the same id, after an answer that was lost, does nothing more than the first one did; the
others are asked again only when they surely never arrived.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_type_hints

from kiosk.issuing.issuer import Refused, StoreUnavailable, TerminalIssuer
from kiosk.wire.issuer_rpc import Codec, Failure, FailureKind

CALLS = frozenset(
    name
    for name, member in inspect.getmembers(TerminalIssuer, inspect.isfunction)
    if not name.startswith("_") and name not in ("close", "events_after")
)
"""Events are for the agent, at its own door."""
REPEATABLE = CALLS - {"allow_reprint", "set_pin", "check_pin", "keep_check"}
LONG = frozenset({"check_whole", "broken_audit_row"})
"""These read the whole ledger: minutes on a large one."""


@dataclass(frozen=True, slots=True)
class Call:
    """One method as it travels: its arguments as one tuple, the first ``positional`` of them by position, the rest by the names in ``keywords``."""

    name: str
    positional: int
    keywords: tuple[str, ...]
    arguments: Codec[tuple[Any, ...]]
    result: Codec[Any]


@lru_cache(maxsize=len(CALLS))
def call_of(name: str) -> Call:
    """Raises ``KeyError`` for anything that is no call."""
    if name not in CALLS:
        raise KeyError(name)
    method = getattr(TerminalIssuer, name)
    hints = get_type_hints(method)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    keywords = tuple(each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY)
    types = tuple(hints[each.name] for each in parameters)
    several: Any = tuple
    return Call(name, len(parameters) - len(keywords), keywords, Codec(several[types]), Codec(hints["return"]))


def failure_of(err: Refused | StoreUnavailable) -> Failure:
    """An exception of the issuer as it travels."""
    kind = FailureKind.REFUSED if isinstance(err, Refused) else FailureKind.UNAVAILABLE
    facts = {name: fact if fact is None or isinstance(fact, str | int) else str(fact) for name, fact in err.facts.items()}
    return Failure(kind=kind, code=err.code, facts=facts)


def error_of(failure: Failure) -> Exception:
    """And back: the very exception that an issuer in the same process raises."""
    match failure.kind:
        case FailureKind.REFUSED:
            return Refused(failure.code, **failure.facts)
        case FailureKind.UNAVAILABLE:
            return StoreUnavailable(failure.code, **failure.facts)
        case FailureKind.INVALID:
            return ValueError(failure.code)
        case FailureKind.CRASHED:
            return RuntimeError(failure.code)

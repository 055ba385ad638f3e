"""A terminal's ledger at work until it is killed: ``python -m tests.power.worker FOLDER SEED ROUND``.

Before a request it says what it asks for, after it what it was told, one JSON line each: only what stands in an ``ok`` line was promised to a
person. Everything is real: the encrypted file, the key, the signatures.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from kiosk.credential.keylist import KeyList, TrustedKey
from kiosk.credential.signer import load_signer
from kiosk.credential.token import Algorithm
from kiosk.domain.certificate import Certificate, PaperOutcome
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Registration, SubjectKind
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.issuing.signing import TokenLabelSigner, load_label_signer
from support.builders import NOON, VILLAGE, a_promise
from support.ledgers import STATION, TERMINAL, FakeClock, open_issuer

HOST = "q.test"
KEY_ID = 7
ENDS = (PaperOutcome.CONFIRMED, PaperOutcome.CONFIRMED, PaperOutcome.FAILED, PaperOutcome.UNKNOWN)


def trusted_key(folder: Path) -> TrustedKey:
    public = load_signer(folder / "signing.key", KEY_ID).public_key
    return TrustedKey(KEY_ID, Algorithm.ED25519, public, TERMINAL, STATION, "140703", NOON, demo=True)


def key_list(folder: Path) -> KeyList:
    return KeyList(HOST, NOON, {KEY_ID: trusted_key(folder)})


def signer(folder: Path) -> TokenLabelSigner:
    return load_label_signer(folder / "signing.key", [trusted_key(folder)], HOST)


def open_here(folder: Path) -> LedgerIssuer:
    return open_issuer(folder, FakeClock(), signer=signer(folder))


def promise_of(promise_id: str) -> Promise:
    """The same promise for the same id, whoever asks."""
    return a_promise(promise_id, copies=random.Random(promise_id).randint(1, 4))


def say(kind: str, **facts: object) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **facts}) + "\n")
    sys.stdout.flush()


def visit(issuer: LedgerIssuer, dice: random.Random, promise_id: str) -> None:
    """One producer: promise, papers, and now and then a void, a reprint or a registration."""
    say("ask", what="issue", promise_id=promise_id)
    made = issuer.issue(promise_of(promise_id))
    say("ok", what="issue", promise_id=promise_id, counter=made.number.counter, urls=[label.url for label in made.labels])
    for label in made.labels:
        print_copy(issuer, dice, made, label.copy)
    match dice.randrange(6):
        case 0:
            issuer.void(made.number, "写错了", "clerk")
            say("ok", what="void", counter=made.number.counter)
        case 1:
            issuer.allow_reprint(made.number, "标签弄湿了", "clerk")
            say("ok", what="reprint", counter=made.number.counter)
        case 2:
            person = dice.randbytes(32)
            issuer.register(Registration(SubjectKind.FARMER, "李秀英", "李秀英", person, "13800000999", VILLAGE))
            say("ok", what="register", person=person.hex())


def print_copy(issuer: LedgerIssuer, dice: random.Random, made: Certificate, copy: int) -> None:
    job = issuer.begin_print(made.number, copy, reprint=False)
    say("ok", what="begin", job=job.job_id, counter=made.number.counter, copy=copy)
    end = dice.choice(ENDS)
    say("ask", what="record", job=job.job_id, outcome=end.value)
    issuer.record_print(job.job_id, end)
    say("ok", what="record", job=job.job_id, outcome=end.value)


def main(folder: Path, seed: int, round_: str) -> None:
    dice = random.Random(seed)
    with open_here(folder) as issuer:
        say("open")
        for number in range(1_000_000):
            visit(issuer, dice, f"{round_}-{number}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

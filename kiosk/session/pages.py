"""Every page a person can be on. A page is one question; its value is the id of its texts and of its picture."""

from __future__ import annotations

from enum import StrEnum


class Page(StrEnum):
    """Names of screens, in the order of a visit."""

    ATTRACT = "attract"
    OPEN_PAPER = "openPaper"  # paper of an earlier visit is not settled
    PAUSED = "paused"  # the centre paused issuing: why, and what to do instead
    CONSENT = "consent"
    IDENTIFY = "identify"
    LOOKUP = "lookup"  # phone, social credit code or tail on a keypad
    SCAN_SUBJECT = "scanSubject"  # the subject's own QR before the camera
    CHOOSE_SUBJECT = "chooseSubject"
    PROVE = "prove"  # preselected: now the card, or the station's PIN
    PIN = "pin"
    REGISTER_KIND = "registerKind"
    REGISTER_PHONE = "registerPhone"
    REGISTER_PLACE = "registerPlace"
    REGISTER_CONFIRM = "registerConfirm"
    PRODUCT = "product"
    ADVICE = "advice"  # out of scope: which paper is right
    QUANTITY = "quantity"
    TYPE_WEIGHT = "typeWeight"
    COUNT = "count"
    SCALE_HELP = "scaleHelp"
    ORIGIN = "origin"
    EDIT_PLACE = "editPlace"
    EDIT_PHONE = "editPhone"
    PROMISE = "promise"
    ISSUING = "issuing"
    PRINTING = "printing"
    TROUBLE = "trouble"  # the printer needs a hand; closes itself when it is well again
    ASK_PAPER = "askPaper"  # 拿到了吗？
    DONE = "done"
    STOPPED = "stopped"  # nothing was issued, and why
    CHECK = "check"  # camera looks for a certificate
    VERDICT = "verdict"
    CLERK_PIN = "clerkPin"
    CLERK_TODAY = "clerkToday"
    CLERK_CERTIFICATE = "clerkCertificate"
    CLERK_REASON = "clerkReason"
    CLERK_SUBJECT = "clerkSubject"  # find a subject to give it a PIN
    CLERK_GIVE_PIN = "clerkGivePin"
    UPKEEP_PIN = "upkeepPin"  # the technician's PIN
    UPKEEP_DEVICES = "upkeepDevices"  # every device live, and the way to each check
    UPKEEP_SCALE = "upkeepScale"
    UPKEEP_READER = "upkeepReader"
    UPKEEP_PRINTER = "upkeepPrinter"
    UPKEEP_CAMERA = "upkeepCamera"
    UPKEEP_TOUCH = "upkeepTouch"
    UPKEEP_VOICE = "upkeepVoice"
    UPKEEP_BYTES = "upkeepBytes"  # what crosses a device's wire
    UPKEEP_REPLACE = "upkeepReplace"  # unplug, plug, found, check, done
    UPKEEP_MACHINE = "upkeepMachine"  # versions, paths, disk, ledger

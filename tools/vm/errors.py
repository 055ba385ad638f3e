"""What goes wrong with the machine."""


class MachineError(Exception):
    """It cannot be built or does not come up; the text says what to do."""

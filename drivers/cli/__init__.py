"""The technician's command line over the drivers: list, probe, read, health.

Rules
- One JSON object a line with ``--json``, else the same facts as ``key=value``; what went wrong is one line on the error stream.
- Exit 0: done. 1: the device did not do it (silent, broken, gone, not ready). 2: the command cannot be carried out as given (unknown
  protocol, no such port, no permission, in use, nothing found).
- Serial ports that nobody named are listened to and never spoken to.
- A card is printed for the person who asked for it and kept nowhere; its photo is never read out.
"""

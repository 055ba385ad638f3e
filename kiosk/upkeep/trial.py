"""What the test label says to machines, and what the touch check asks for."""

from __future__ import annotations

TRIAL_CODE = "KIOSK-TEST-PRINT"
"""Text of the test label's code: no address, no digits, nothing that a check of certificates could take for one."""

TARGETS = ("topLeft", "topRight", "bottomLeft", "bottomRight", "middle")
"""Where the finger must be felt."""

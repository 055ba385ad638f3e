"""Sparkplug B 3.0 on the terminal's side: ``topic`` names, ``payload`` bytes, ``edge`` the rules of an edge node without any I/O, ``state`` the primary host.

Source: Eclipse Sparkplug Specification 3.0.0. Checked by ``tests/kiosk/wire/test_wire_sparkplug_*.py``, one test for each testable assertion.
"""

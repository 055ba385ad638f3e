"""Weighing scales on USB HID and on serial lines."""

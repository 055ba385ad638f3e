"""Byte pipes only: USB bulk, serial, TCP. They know no protocol and no device."""

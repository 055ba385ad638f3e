"""Words and rules of the certificate, pure: no I/O, no clock, no randomness, no framework.

The chain of types says whose promise it is: ``Draft`` -> ``Promise`` -> ``Certificate`` -> ``Label`` -> ``PrintJob``.
"""

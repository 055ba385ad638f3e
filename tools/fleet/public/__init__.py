"""The page behind the QR code: whoever scans a label sees whether it is genuine, and what it says.

Rules: the browser checks the signature itself, with the code and one signed excerpt of the key list, before it asks for the record; nothing of a
token is shown before its signature held; no login, no cookie, no address kept; an ID number never leaves, a telephone only as its subject chose.
"""

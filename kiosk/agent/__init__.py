"""The terminal's only way to the network: a process of its own that has neither devices, nor the signing key, nor the ledger's pen.

``agent`` is the loop; ``connection`` one MQTT session at a time; ``pump`` certificates up, receipts down; ``health`` the Sparkplug edge; ``jobs`` orders
of the centre, each once; ``sync`` directory and key list; ``store`` what must survive; ``source``, ``executors``, ``download`` are its doors to the rest.
"""

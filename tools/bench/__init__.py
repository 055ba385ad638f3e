"""The virtual bench: devices that speak real bytes, for a person to play with and for the demonstration to play by itself.

    python -m tools.bench demo [--headless] [--out DIR]     the whole thing in one command
    python -m tools.bench serve                             only the devices, with a local web page
    python -m tools.bench tap-card NAME | remove-card | weight 12.35 | printer paper-out | unplug scale | show-qr FILE ...

The terminal that it plays with is the real one; what stands here is never part of an installed terminal.
"""

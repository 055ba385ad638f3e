"""What happens between a person and the terminal, as pure state machines: one per errand.

``step(state, event, now) -> (state, effects)``: no clock, no I/O, no randomness; ``kiosk.runtime.runner`` executes the effects and sends
their results back as events. Screens are drawn from the state alone.
"""

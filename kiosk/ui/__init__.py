"""What people see and touch: draws the session's state, sends events, decides nothing."""

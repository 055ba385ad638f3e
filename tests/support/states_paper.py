"""Sample states of the paper screens."""

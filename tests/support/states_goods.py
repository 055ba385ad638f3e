"""Sample states of the goods screens."""

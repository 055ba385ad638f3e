"""What a technician checks, judged without touching a device: words of health, tolerance of a scale, steps of a replacement, kinds of cards."""

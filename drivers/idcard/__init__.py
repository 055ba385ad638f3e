"""Resident ID card readers (SAM_V / SAM_A modules)."""

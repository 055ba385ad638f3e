"""Any number of terminals from one process, with faults: for load, for tests and for showing. Everything is made with demonstration keys."""

"""The issuer: one transaction each for issue, void, reprint, register. It trusts no screen."""

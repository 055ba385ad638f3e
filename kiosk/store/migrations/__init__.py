"""How the ledger's tables came to be, one step a file. Run by ``kiosk.store.upgrade``, never by hand."""

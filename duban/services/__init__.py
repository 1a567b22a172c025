"""One function per use case, grouped by verb. They open the ledger's door, call pure code, and return
small values; `as_of` runs through all of them."""

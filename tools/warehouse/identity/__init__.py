"""Identity: which contacts are the same person, by keys that are read, never guessed.

Pure whole-table functions: nothing here writes anything, and no row that came in is ever changed.
What is found is a proposal; what is decided stands in the ledger (`tools.ledger.identities`).
"""

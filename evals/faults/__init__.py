"""Faults, struck on purpose: the effect ledger must survive each."""

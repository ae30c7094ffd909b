"""Erasing a person: who they are, where their words stand, and what is put in their place."""

"""Planted bugs: each removes one protection, so that the harness is seen to notice."""


def plant_bug(name: str | None) -> None:
    if name is not None:
        raise KeyError(name)

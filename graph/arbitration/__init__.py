"""Pure numbers: one optimum over contacts, campaigns and people's time, with its prices."""

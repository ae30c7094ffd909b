"""Random timelines of touches per person, lived through the real judge and judged by another."""

"""The problem as one integer program: exact where small, a bound for others, and what clashes.

Built from the problem's frames alone; shares nothing with the solver but the problem.
"""

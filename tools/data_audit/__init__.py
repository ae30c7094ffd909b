"""The data audit: what the workspace's data are good for, and what each gap forbids.

Pure whole-table functions: frames in, findings out. Nothing here changes anything, and nothing
here forbids anything by itself: what it says is what the house does with such data.
"""

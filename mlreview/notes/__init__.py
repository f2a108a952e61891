"""Notes of runs: Markdown in the run's own tag, every saved text kept beside it.

``service`` loads, saves and restores; the other modules are pure and know neither stores nor pages.
"""

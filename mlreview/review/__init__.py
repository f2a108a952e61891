"""Reviews of runs: immutable events, the state that follows from them, the content that a decision holds for."""

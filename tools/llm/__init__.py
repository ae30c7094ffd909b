"""A language model behind any OpenAI-compatible endpoint, bounded in bytes, tokens and time."""

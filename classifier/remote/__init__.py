"""The judge on other machines: a model behind an OpenAI-compatible server."""

"""Messages, prompts and verdicts in the page's format."""

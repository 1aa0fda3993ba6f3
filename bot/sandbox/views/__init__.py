"""Messages, prompts and verdicts as the page gets them."""

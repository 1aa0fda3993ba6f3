"""From policy and content to tokens, and from the model's tokens back to an answer."""

"""Reading and checking GGUF files, and the vocabulary inside them."""

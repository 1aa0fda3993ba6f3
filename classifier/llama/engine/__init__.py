"""The child process: loads the model and decodes batches of requests."""

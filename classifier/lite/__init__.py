"""The lite judge: a policy's own examples and patterns, without a model file."""

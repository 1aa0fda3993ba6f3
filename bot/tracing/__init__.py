"""What one message took, from its event to its card, as traces for OpenTelemetry. Off unless an operator wants them."""

"""OpenTelemetry traces of messages, from the event to the card. Off unless the operator switches them on."""

"""What members can do: report a message, read their own record, ask for their data."""

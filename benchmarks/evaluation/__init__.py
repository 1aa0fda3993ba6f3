"""What is known of the model from public logs, and how long a report takes."""

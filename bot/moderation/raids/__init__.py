"""What moderators do about a raid as a whole, beside what they do about its cases."""

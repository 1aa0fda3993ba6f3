"""What is measured on: rows with labels, and the card that says where they come from and what the labels mean."""

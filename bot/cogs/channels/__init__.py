"""Which of a server's channels Bylaw can see."""

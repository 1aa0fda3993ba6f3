"""The traffic that every side of a measurement gets, how it is sent, and the least work that it takes."""

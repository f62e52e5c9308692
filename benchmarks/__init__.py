"""Reading accuracy and speed, each one command that prints its table."""

"""The commands, a file for each group; every command imports what it needs when it runs."""

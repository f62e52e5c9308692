"""The versions of the tables, oldest first; `tenderfax init` brings a database to the newest."""

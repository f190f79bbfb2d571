"""JSON for the command line and the console, on a Unix socket only."""

"""The only place that knows Prefect, the clock and the environment: settings, flows and the command line."""

"""What makes Prefect deployments of campaigns, and what an operator runs: register, serve, demo, up."""

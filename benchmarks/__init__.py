"""What Duban promises about speed, measured: each script runs alone and makes its own data."""

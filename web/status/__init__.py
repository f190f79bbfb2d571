"""What a person or a monitoring system sees without signing in."""

"""Who may use the appliance over the web, and what they did."""

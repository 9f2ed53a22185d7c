"""What the definitions and the commands share."""

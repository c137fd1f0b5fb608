"""What do the commands look like? One module a command, and what they share."""

"""What would an oracle do? Planning of the scripted expert: plain geometry, without any simulator."""

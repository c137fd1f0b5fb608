"""The scripted expert: its planning is plain geometry, without any simulator."""

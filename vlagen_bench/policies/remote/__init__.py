"""Policies behind a WebSocket: client, server and messages."""

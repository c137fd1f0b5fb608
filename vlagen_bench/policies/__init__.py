"""Which policies are built in? One file each, loaded when named."""

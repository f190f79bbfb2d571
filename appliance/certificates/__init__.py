"""Who we are and whom we believe when associations go over TLS."""

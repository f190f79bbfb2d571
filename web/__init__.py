"""The portal: pages and JSON over HTTP."""

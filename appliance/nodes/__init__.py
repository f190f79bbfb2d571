"""The systems we know, the callers we do not know yet, and how talking to them went."""

"""Scheduled procedures, answered to the modalities, and what became of them (MWL and MPPS)."""

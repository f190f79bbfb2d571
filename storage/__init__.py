"""Write-once storage: put, open, verify; never change, never let go early."""

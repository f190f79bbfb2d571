"""The index of what we keep: patients, studies, series, instances."""

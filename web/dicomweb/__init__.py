"""DICOMweb: searching, fetching and storing studies over HTTPS (PS3.18)."""

"""The language of Clearance: frozen records and table schemas. Imports nothing of ours."""

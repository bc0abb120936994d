"""Upkeep: what lies on the disk and what is lacking. The plan, the audit, cleaning, the doctor."""

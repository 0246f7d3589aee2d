"""A whole reference genome: fetched with its checksum, indexed for both aligners, compared with the panel."""

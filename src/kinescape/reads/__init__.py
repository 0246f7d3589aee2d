"""FASTQ in: checked, trimmed, collapsed to distinct mates, every read keeping its own qualities."""

"""Reads from public archives: an accession in, FASTQ files with checked sums and a sample sheet out."""

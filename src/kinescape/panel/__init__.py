"""What is sequenced and how it is named: genes, reporting transcripts, windows, amplicons, known changes, HGVS."""

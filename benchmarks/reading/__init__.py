"""What ``benchmarks/reads.py`` measures: scenarios, and those who answer them."""

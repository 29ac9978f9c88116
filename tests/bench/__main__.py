"""All measurements, one after another: `make bench`. Each module says at its head what it measures."""

import subprocess
import sys

MEASUREMENTS = ("window", "engine", "tail", "many_jobs", "budget", "memory", "year")

for name in MEASUREMENTS:
    print(f"\n== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=True)

"""Ground floor: atomic files, shards, ledgers, fingerprints, settings and devices."""

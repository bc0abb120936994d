"""Storage: how bytes are kept. Files whole or absent, sealed records, arrays with checksums, and keys of results."""

"""The blobs seam: bytes under a key. Local disk by default."""

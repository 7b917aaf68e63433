"""The seam behind which models run: in processes here or on servers elsewhere. Knows no task and no repo."""

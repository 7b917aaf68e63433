"""What keeps somebody else's code away from the machine: a seam with one suite of tests for all its drivers."""

"""Where commands execute: a seam with one suite of tests for all its drivers."""

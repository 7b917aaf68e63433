"""What a run is asked for, what it sees and what it finds: plain values and pure rules, without I/O or a clock."""

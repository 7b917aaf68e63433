"""All SQL of accounts, one file per group of tables. Functions take an open connection first and judge nothing."""

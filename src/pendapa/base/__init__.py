"""What knows nothing of malls: time, money, working days, codes, secrets, jobs and the journal."""

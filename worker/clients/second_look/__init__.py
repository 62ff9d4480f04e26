"""What a client does about records that it cannot parse: fetch them again as bytes, and read them one by one."""

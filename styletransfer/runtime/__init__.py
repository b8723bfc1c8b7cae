"""What a process sets up once: compiled programs kept between starts, and memory used again."""

"""What terminals are given: the directory and the key list as signed versioned files, made, kept, served and rolled out in stages."""

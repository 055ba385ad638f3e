"""Takes in what terminals report: certificates exactly once, health, answers to jobs; and tells what is wrong."""

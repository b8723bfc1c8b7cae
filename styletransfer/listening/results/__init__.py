"""What a listening test shows: figures of its listeners' answers, and what they mean in words."""

from styletransfer.listening.results.reading import Findings, Person, Results, results

__all__ = ["Findings", "Person", "Results", "results"]

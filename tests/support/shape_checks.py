"""How the tests check the types and shapes of the engine's arrays: at every call, an int being a float too (PEP
484)."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))

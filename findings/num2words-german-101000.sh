#!/usr/bin/env bash
# num2words 0.5.14 writes the German thousand of a number that ends in 1 in two ways: 1000 is "eintausend", 21000
# "einundzwanzigtausend", without the s that a 1 has where it stands last; but behind a hundred it keeps that s in the
# midst of the word: 101000 is "einhunderteinstausend", and so are all of 101,000 to 101,999, and of eight more thousands
# below a million. Whoever draws texts for a network from it teaches the network that.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/own"
"$work/own/bin/python" -m pip install -q --disable-pip-version-check num2words==0.5.14
"$work/own/bin/python" - <<'PYTHON'
from num2words import num2words

said = {n: num2words(n, lang="de") for n in (1_000, 21_000, 101_000, 901_000, 100_001)}
for number, words in said.items():
    print(number, words)
kept = [n for n in range(1_000, 1_000_000, 1_000) if "einstausend" in num2words(n, lang="de")]
print("with an s before the thousand:", kept)
assert said[1_000] == "eintausend" and said[21_000] == "einundzwanzigtausend"
assert said[101_000] == "einhunderteinstausend"
assert kept == [n * 100_000 + 1_000 for n in range(1, 10)]
PYTHON
